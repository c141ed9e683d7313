import { useRouter } from '@tanstack/react-router'

/** A link to a page that the server names, with its search; the page changes without a load. */
export function ServerLink({ link, children }: { readonly link: string; readonly children: string }) {
  const { history } = useRouter()
  return (
    <a
      href={link}
      title={children}
      onClick={(event) => {
        if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return
        event.preventDefault()
        history.push(link)
      }}
    >
      {children}
    </a>
  )
}
