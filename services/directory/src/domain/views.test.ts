import { describe, expect, it } from 'vitest'
import { refusal } from './examples.ts'
import { checkViews, MAX_VIEWS, VIEW_COLUMNS } from './views.ts'

const view = (over: object = {}) => ({
  id: 'v1',
  name: 'Late',
  filter: { status: ['new'] },
  columns: [],
  ...over,
})

describe('saved views', () => {
  it('are kept as they are, in their order, without what says nothing', () => {
    const given = [
      view({
        id: 'b',
        name: '  Mine ',
        filter: { agentId: 'me', status: ['open', 'open'], unassigned: false },
      }),
      view({
        id: 'a',
        name: 'عاجل',
        filter: { departmentId: 'd', status: [], q: 'fire' },
        columns: ['agent'],
      }),
      view({ id: 'c', filter: undefined }),
    ]
    expect(checkViews(given)).toEqual([
      { id: 'b', name: 'Mine', filter: { agentId: 'me', status: ['open'] }, columns: [] },
      { id: 'a', name: 'عاجل', filter: { departmentId: 'd', status: [], q: 'fire' }, columns: ['agent'] },
      { id: 'c', name: 'Late', filter: { status: [] }, columns: [] },
    ])
  })

  it('show any of the columns that there are', () => {
    const columns = [...VIEW_COLUMNS]
    expect(columns).toEqual(
      expect.arrayContaining(['number', 'priority', 'channel', 'tags', 'created', 'due']),
    )
    expect(checkViews([view({ columns })])[0]?.columns).toEqual(columns)
  })

  it.each([
    [{ name: ' ' }, 'items[0].name'],
    [{ name: 'x'.repeat(101) }, 'items[0].name'],
    [{ name: 'a\nb' }, 'items[0].name'],
    [{ id: 'a b' }, 'items[0].id'],
    [{ columns: ['shoe size'] }, 'items[0].columns[0]'],
    [{ filter: { status: ['gone'] } }, 'items[0].filter.status[0]'],
    [{ filter: { status: [], q: '' } }, 'items[0].filter.q'],
    [{ filter: { status: [], agentId: '' } }, 'items[0].filter.agentId'],
    [{ filter: { status: [], agentId: 'me', unassigned: true } }, 'items[0].filter.unassigned'],
  ])('%o is refused by its field', (over, field) => {
    const problem = refusal(() => checkViews([view(over)]))
    expect(problem.fields).toEqual([field])
  })

  it('have bounds, and an id each', () => {
    const many = Array.from({ length: MAX_VIEWS + 1 }, (_, n) => view({ id: `v${n}` }))
    expect(checkViews(many.slice(1))).toHaveLength(MAX_VIEWS)
    expect(refusal(() => checkViews(many)).fields).toEqual(['items'])
    expect(refusal(() => checkViews([view(), view()])).fields).toEqual(['items[1].id'])
  })
})
