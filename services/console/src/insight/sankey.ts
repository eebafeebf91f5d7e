import { sankey, sankeyLinkHorizontal } from 'd3-sankey'
import type { Flow } from './data.ts'

/** Where the flows between departments stand: from those on one side to those on the other. */

export type FlowKind = 'transfers' | 'reopened'

export interface PlacedLink {
  key: string
  kind: FlowKind
  flow: Flow
  path: string
  width: number
}

export interface PlacedNode {
  key: string
  departmentId: string
  side: 'from' | 'to'
  tickets: number
  x: number
  y: number
  width: number
  height: number
}

export interface SankeyPicture {
  nodes: PlacedNode[]
  links: PlacedLink[]
  height: number
}

interface Node {
  key: string
  departmentId: string
  side: 'from' | 'to'
}

interface Link {
  key: string
  kind: FlowKind
  flow: Flow
  source: string
  target: string
  value: number
}

const NODE_WIDTH = 10
const PADDING = 22
/** A department needs so much height for its name. */
const HEIGHT_OF_NODE = 46

/** @param width of the whole picture; names stand at both edges and take `margin` each */
export function placeFlows(flows: readonly Flow[], width: number, margin: number): SankeyPicture {
  const links: Link[] = flows.flatMap((flow) =>
    (['transfers', 'reopened'] as const)
      .filter((kind) => flow[kind] > 0)
      .map((kind) => ({
        key: `${flow.fromDepartmentId}>${flow.toDepartmentId}:${kind}`,
        kind,
        flow,
        source: `from:${flow.fromDepartmentId}`,
        target: `to:${flow.toDepartmentId}`,
        value: flow[kind],
      })),
  )
  const nodes = new Map<string, Node>()
  for (const { flow } of links) {
    const { fromDepartmentId: from, toDepartmentId: to } = flow
    nodes.set(`from:${from}`, { key: `from:${from}`, departmentId: from, side: 'from' })
    nodes.set(`to:${to}`, { key: `to:${to}`, departmentId: to, side: 'to' })
  }
  if (links.length === 0) return { nodes: [], links: [], height: 0 }
  const sides = [...nodes.values()]
  const most = Math.max(...['from', 'to'].map((side) => sides.filter((node) => node.side === side).length))
  const height = Math.max(160, most * HEIGHT_OF_NODE + PADDING)
  const placed = sankey<Node, Link>()
    .nodeId((node) => node.key)
    .nodeWidth(NODE_WIDTH)
    .nodePadding(PADDING)
    .extent([
      [margin, PADDING / 2],
      [Math.max(margin + 3 * NODE_WIDTH, width - margin), height - PADDING / 2],
    ])({ nodes: sides.map((node) => ({ ...node })), links: links.map((link) => ({ ...link })) })
  const line = sankeyLinkHorizontal<Node, Link>()
  return {
    height,
    nodes: placed.nodes.map(({ key, departmentId, side, value = 0, x0 = 0, x1 = 0, y0 = 0, y1 = 0 }) => ({
      ...{ key, departmentId, side, tickets: value, x: x0, y: y0 },
      width: x1 - x0,
      height: Math.max(2, y1 - y0),
    })),
    links: placed.links.map((link) => ({
      key: link.key,
      kind: link.kind,
      flow: link.flow,
      path: line(link) ?? '',
      width: Math.max(3, link.width ?? 0),
    })),
  }
}
