import { type InfiniteData, type UseInfiniteQueryResult, useInfiniteQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { get } from '../api/client.ts'
import type { Page } from '../api/types.ts'
import { useT } from '../i18n/intl.tsx'
import { Button } from '../ui/controls.tsx'
import { Empty, ErrorNote, LoadError, Spinner } from '../ui/feedback.tsx'

/** A list of the API, a page at a time. */
export function Paged<T>(props: {
  path: string
  /** What the list is narrowed to, as the API is asked. */
  query?: string
  empty: string
  children: (items: T[]) => ReactNode
}) {
  const query = props.query ? `&${props.query}` : ''
  const list = useInfiniteQuery({
    queryKey: [props.path, query],
    queryFn: ({ pageParam, signal }) =>
      get<Page<T>>(
        `${props.path}?limit=50${query}${pageParam ? `&cursor=${encodeURIComponent(pageParam)}` : ''}`,
        {
          signal,
        },
      ),
    initialPageParam: '',
    getNextPageParam: (last) => last.nextCursor ?? undefined,
    staleTime: 0,
  })
  return (
    <PagedList list={list} empty={props.empty}>
      {props.children}
    </PagedList>
  )
}

/** What is loaded of such a list, and the way to more of it. */
export function PagedList<T>(props: {
  list: UseInfiniteQueryResult<InfiniteData<Page<T>>>
  empty: string
  children: (items: T[]) => ReactNode
}) {
  const { list } = props
  const t = useT()
  if (list.isPending) return <Spinner />
  if (!list.data) return <LoadError error={list.error} retry={() => void list.refetch()} />
  const items = list.data.pages.flatMap((page) => page.items)
  return (
    <>
      {items.length === 0 ? <Empty title={props.empty} /> : props.children(items)}
      {list.isFetchNextPageError && <ErrorNote error={list.error} />}
      {list.hasNextPage && (
        <div className="toolbar">
          <Button isPending={list.isFetchingNextPage} onPress={() => void list.fetchNextPage()}>
            {t('action.load_more')}
          </Button>
        </div>
      )}
    </>
  )
}
