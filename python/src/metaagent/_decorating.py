from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Callable, Iterator
from functools import wraps
from typing import Any, ParamSpec, TypeVar, cast

from ._scopes import Action, Execution, inside

_P = ParamSpec("_P")
_T = TypeVar("_T")
OpenScope = Callable[[object], Execution | Action]


def traced(function: Callable[_P, _T], open_scope: OpenScope) -> Callable[_P, _T]:
    """The function with each call reported into the scope that `open_scope` opens for its arguments."""
    if inspect.isasyncgenfunction(function):
        wrapped = _async_generator(function, open_scope)
    elif inspect.iscoroutinefunction(function):
        wrapped = _coroutine(function, open_scope)
    elif inspect.isgeneratorfunction(function):
        wrapped = _generator(function, open_scope)
    else:
        wrapped = _plain(function, open_scope)
    return cast(Callable[_P, _T], wraps(function)(wrapped))


def _arguments_of(function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> object:
    try:
        bound = inspect.signature(function).bind(*args, **kwargs).arguments
    except (TypeError, ValueError):
        return {"args": args, "kwargs": kwargs}
    return {key: value for key, value in bound.items() if key not in ("self", "cls")}


def _async_generator(function: Callable[..., Any], open_scope: OpenScope) -> Callable[..., Any]:
    async def stream(*args: Any, **kwargs: Any) -> AsyncIterator[Any]:
        yielded: list[object] = []
        scope = open_scope(_arguments_of(function, args, kwargs))
        items = function(*args, **kwargs)
        try:
            while True:
                with inside(scope):
                    try:
                        item = await anext(items)
                    except StopAsyncIteration:
                        break
                yielded.append(item)
                yield item
            scope.end(output=yielded)
        except BaseException as error:
            scope.end(status="failure" if isinstance(error, Exception) else "cancelled", error=error)
            raise
        finally:
            await items.aclose()

    return stream


def _generator(function: Callable[..., Any], open_scope: OpenScope) -> Callable[..., Any]:
    def generated(*args: Any, **kwargs: Any) -> Iterator[Any]:
        yielded: list[object] = []
        scope = open_scope(_arguments_of(function, args, kwargs))
        items = function(*args, **kwargs)
        try:
            while True:
                with inside(scope):
                    try:
                        item = next(items)
                    except StopIteration:
                        break
                yielded.append(item)
                yield item
            scope.end(output=yielded)
        except BaseException as error:
            scope.end(status="failure" if isinstance(error, Exception) else "cancelled", error=error)
            raise
        finally:
            items.close()

    return generated


def _coroutine(function: Callable[..., Any], open_scope: OpenScope) -> Callable[..., Any]:
    async def awaited(*args: Any, **kwargs: Any) -> Any:
        with open_scope(_arguments_of(function, args, kwargs)) as scope:
            result = await function(*args, **kwargs)
            scope.end(output=result)
            return result

    return awaited


def _plain(function: Callable[..., Any], open_scope: OpenScope) -> Callable[..., Any]:
    def called(*args: Any, **kwargs: Any) -> Any:
        with open_scope(_arguments_of(function, args, kwargs)) as scope:
            result = function(*args, **kwargs)
            scope.end(output=result)
            return result

    return called
