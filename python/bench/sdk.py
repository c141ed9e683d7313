"""What one call of the SDK costs the agent, in microseconds: `python bench/sdk.py [--url URL --api-key KEY]`.

Address and key may also come from the environment, as for the logger. A call is a step begun and ended inside a running
execution, with a kilobyte of input and output; the server is up when an address is given, and away in any case in a
second part. The last line is JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import time

from metaagent import AgentLogger

CALLS = 20_000
WARM_UP = 2_000
INPUT = {"messages": [{"role": "user", "content": "Can the flight on Tuesday be moved to Wednesday? " * 10}]}
OUTPUT = {"role": "assistant", "content": "A basic economy ticket cannot be changed after it was booked. " * 8}


def measure(logger: AgentLogger) -> dict[str, float | int]:
    """Runs the calls at about 2,000 a second and answers quantiles of what each took."""
    run = logger.start_execution(input=INPUT)
    took_ns: list[int] = []
    for number in range(WARM_UP + CALLS):
        started_ns = time.perf_counter_ns()
        step = run.action(kind="llm", name="answer", provider="openai", model="gpt-4.1", input=INPUT)
        step.end(output=OUTPUT, usage={"input_tokens": 812, "output_tokens": 64})
        if number >= WARM_UP:
            took_ns.append(time.perf_counter_ns() - started_ns)
        if number % 10 == 9:
            time.sleep(0.005)
    run.end()
    took_ns.sort()

    def quantile(q: float) -> float:
        return round(took_ns[int(q * (len(took_ns) - 1))] / 1000, 1)

    dropped = logger.stats.dropped
    logger.close(10)
    return {"p50Us": quantile(0.5), "p99Us": quantile(0.99), "calls": len(took_ns), "dropped": dropped}


def main() -> None:
    """Measures with the server up, if there is one, and away."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--url", default=os.environ.get("METAAGENT_URL"))
    parser.add_argument("--api-key", default=os.environ.get("METAAGENT_API_KEY", "none"))
    options = parser.parse_args()
    away = measure(AgentLogger(url="http://127.0.0.1:9", api_key="none", queue_rows=1_000))
    result: dict[str, object] = {"away": away, "p99Us": away["p99Us"]}
    if options.url is not None:
        up = measure(AgentLogger(url=options.url, api_key=options.api_key))
        result |= {"up": up, "p99Us": up["p99Us"]}
    print(json.dumps(result))


if __name__ == "__main__":
    main()
