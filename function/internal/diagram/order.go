package diagram

import (
	"cmp"
	"slices"
)

// sweeps is how often the ranks are ordered, and settles how often what is in them is moved towards its neighbours.
const (
	sweeps  = 24
	settles = 100
)

// order puts the vertices of each rank into an order in which few arrows cross: by the mean place of their neighbours, from the first rank
// to the last and back, and keeps the best.
func (p *plan) order() {
	seen := make([]bool, len(p.vertices))
	var visit func(at int)
	visit = func(at int) {
		if seen[at] {
			return
		}
		seen[at] = true
		v := &p.vertices[at]
		p.ranks[v.rank] = append(p.ranks[v.rank], at)
		for _, next := range v.before {
			visit(next)
		}
		for _, next := range v.after {
			visit(next)
		}
	}
	// From the last rank back, what leads to the same end stands together.
	for rank := len(p.ranks) - 1; rank >= 0; rank-- {
		for i := range p.boxes {
			if p.vertices[i].rank == rank {
				visit(i)
			}
		}
	}
	best, fewest := clone(p.ranks), p.crossings()
	for i := range sweeps {
		p.sweep(i%2 == 0)
		if n := p.crossings(); n < fewest {
			best, fewest = clone(p.ranks), n
		}
	}
	p.ranks = best
}

func clone(ranks [][]int) (out [][]int) {
	for _, r := range ranks {
		out = append(out, slices.Clone(r))
	}
	return out
}

// places are where the vertices are in their ranks.
func (p *plan) places() []int {
	out := make([]int, len(p.vertices))
	for _, rank := range p.ranks {
		for i, at := range rank {
			out[at] = i
		}
	}
	return out
}

func (p *plan) sweep(forwards bool) {
	place := p.places()
	for k := range p.ranks {
		rank := p.ranks[k]
		if !forwards {
			rank = p.ranks[len(p.ranks)-1-k]
		}
		mean := map[int]float64{}
		for _, at := range rank {
			near := p.vertices[at].before
			if !forwards {
				near = p.vertices[at].after
			}
			mean[at] = float64(place[at])
			if len(near) > 0 {
				mean[at] = 0
				for _, n := range near {
					mean[at] += float64(place[n]) / float64(len(near))
				}
			}
		}
		slices.SortStableFunc(rank, func(a, b int) int { return cmp.Compare(mean[a], mean[b]) })
		for i, at := range rank {
			place[at] = i
		}
	}
}

// crossings is how many pairs of arrows cross between ranks.
func (p *plan) crossings() (n int) {
	place := p.places()
	for _, rank := range p.ranks {
		var ends []int // Of the arrows so far, where they end.
		for _, at := range rank {
			had := len(ends)
			for _, to := range p.vertices[at].after {
				for _, other := range ends[:had] {
					n += index(other > place[to])
				}
				ends = append(ends, place[to])
			}
		}
	}
	return n
}

func (p *plan) widthOf(rank int) (width float64) {
	for _, at := range p.ranks[rank] {
		width = max(width, p.vertices[at].Width)
	}
	return width
}

// place gives everything its place: ranks from left to right, and in each rank everything as near to its neighbours as the order allows.
func (p *plan) place() {
	x := float64(frame)
	for rank, list := range p.ranks {
		width := p.widthOf(rank)
		y := 0.
		for _, at := range list {
			v := &p.vertices[at]
			v.at = point{x + width/2, y + v.Height/2}
			y += v.Height + rowGap
		}
		x += width + rankGap
	}
	for i := range settles {
		for k := range p.ranks {
			rank := k
			if i%2 == 1 {
				rank = len(p.ranks) - 1 - k
			}
			p.settle(p.ranks[rank])
		}
	}
	top := p.vertices[0].at.Y - p.vertices[0].Height/2
	for i := range p.vertices {
		top = min(top, p.vertices[i].at.Y-p.vertices[i].Height/2)
	}
	for i := range p.vertices {
		p.vertices[i].at.Y += frame - top
	}
}

// block is a run of vertices that touch each other: the place of its first one, as the mean of what its members wish for.
type block struct {
	wish, weight float64
	count        int
}

// settle moves what is in a rank to the mean of its neighbours, as far as the others leave room: those that get in each other's way move
// together. It is the solution with the least squares (the algorithm "pool adjacent violators").
func (p *plan) settle(rank []int) {
	// Offset is how far a vertex is from the first one at least.
	offsets := make([]float64, len(rank))
	var blocks []block
	for i, at := range rank {
		v := &p.vertices[at]
		if i > 0 {
			offsets[i] = offsets[i-1] + (p.vertices[rank[i-1]].Height+v.Height)/2 + rowGap
		}
		wish, weight := p.wish(v)
		b := block{wish - offsets[i], weight, 1}
		for len(blocks) > 0 && blocks[len(blocks)-1].wish > b.wish {
			last := blocks[len(blocks)-1]
			sum := last.weight + b.weight
			b = block{(last.wish*last.weight + b.wish*b.weight) / sum, sum, last.count + b.count}
			blocks = blocks[:len(blocks)-1]
		}
		blocks = append(blocks, b)
	}
	i := 0
	for _, b := range blocks {
		for range b.count {
			p.vertices[rank[i]].at.Y = b.wish + offsets[i]
			i++
		}
	}
}

// wish is where a vertex would be without the others in its rank, and how much that counts: long arrows are to be straight.
func (p *plan) wish(v *vertex) (at, weight float64) {
	for _, list := range [][]int{v.before, v.after} {
		for _, n := range list {
			w := 1.
			if !v.isBox {
				w *= 3
			}
			if !p.vertices[n].isBox {
				w *= 3
			}
			at, weight = at+w*p.vertices[n].at.Y, weight+w
		}
	}
	if weight == 0 {
		return v.at.Y, 0.1
	}
	return at / weight, weight
}
