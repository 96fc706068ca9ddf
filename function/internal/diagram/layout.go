package diagram

import (
	"cmp"
	"slices"
)

// The layout follows Sugiyama, Tagawa and Toda, "Methods for Visual Understanding of Hierarchical System Structures" (1981), as Graphviz's
// dot and dagre do: cycles are broken, boxes get ranks, arrows that span ranks get a vertex in each, ranks are ordered so that few arrows
// cross, and then everything gets its place. Boxes have even ranks, and labels odd ones.

// The room between things, in pixels.
const (
	rankGap  = 36
	rowGap   = 18
	frame    = 16
	loopRoom = 14
	// approach is how far before and after its box an arrow is level.
	approach = 16
)

// size is how much room something takes, in pixels.
type size struct{ Width, Height float64 }

// sizedArrow is an arrow between the boxes of two places, with the room of its label.
type sizedArrow struct {
	From, To int
	size
}

// point is a place in the picture, in pixels from its upper left corner.
type point struct{ X, Y float64 }

// route is the way of an arrow, and the middle of its label.
type route struct {
	label  point
	points []point
}

// layout is where everything is. The points of boxes are their middles.
type layout struct {
	size
	boxes  []point
	routes []route
}

// vertex is a box, or the place where an arrow passes a rank.
type vertex struct {
	size
	rank int
	at   point
	// before and after are its neighbours in the ranks next to its own.
	before, after []int
	isBox         bool
}

// plan is a layout that is being worked out.
type plan struct {
	boxes  []size
	arrows []sizedArrow
	// turned are the arrows that lead against the ranks.
	turned []bool
	// vertices begin with the boxes; chains are, for each arrow, its vertices in the order of the ranks, from box to box, and labels the one of
	// them that has its label. A chain of an arrow from a box to itself is empty.
	vertices []vertex
	chains   [][]int
	labels   []int
	// ranks are the vertices of each rank, in their order.
	ranks [][]int
}

// layOut finds a place for everything.
func layOut(boxes []size, arrows []sizedArrow) *layout {
	p := &plan{boxes: boxes, arrows: arrows, turned: make([]bool, len(arrows)), chains: make([][]int, len(arrows)), labels: make([]int, len(arrows))}
	for _, b := range boxes {
		p.vertices = append(p.vertices, vertex{size: b, isBox: true})
	}
	for _, a := range arrows {
		if a.From == a.To {
			// The label is above the box, and so much room stays empty below it.
			v := &p.vertices[a.From]
			v.Width, v.Height = max(v.Width, a.Width), v.Height+2*(a.Height+loopRoom)
		}
	}
	p.rank()
	p.connect()
	p.order()
	p.place()
	return p.layout()
}

// rank turns arrows that close a cycle, and gives each box the highest even rank from which its arrows still lead on.
func (p *plan) rank() {
	out := make([][]int, len(p.boxes))
	entered := make([]bool, len(p.boxes))
	for i, a := range p.arrows {
		if a.From != a.To {
			out[a.From], entered[a.To] = append(out[a.From], i), true
		}
	}
	// What nothing leads to comes first, so that arrows that go on from there keep their direction.
	var starts []int
	for i := range p.boxes {
		starts = append(starts, i)
	}
	slices.SortStableFunc(starts, func(a, b int) int { return cmp.Compare(index(entered[a]), index(entered[b])) })
	const open, done = 1, 2
	state, behind := make([]int, len(p.boxes)), make([]int, len(p.boxes))
	var visit func(at int)
	visit = func(at int) {
		state[at] = open
		for _, i := range out[at] {
			to := p.arrows[i].To
			if state[to] == open {
				p.turned[i] = true
				continue
			}
			if state[to] == 0 {
				visit(to)
			}
			behind[at] = max(behind[at], behind[to]+2)
		}
		state[at] = done
	}
	for _, at := range starts {
		if state[at] == 0 {
			visit(at)
		}
	}
	// A box that a turned arrow leads from has to come after the one that it leads to, as it does: that one was entered first.
	most := 0
	for _, b := range behind {
		most = max(most, b)
	}
	for i := range p.boxes {
		p.vertices[i].rank = most - behind[i]
	}
	p.ranks = make([][]int, most+1)
}

func index(b bool) int {
	if b {
		return 1
	}
	return 0
}

// connect gives each arrow a vertex in every rank that it passes; the one in the middle has the room of the label.
func (p *plan) connect() {
	for i, a := range p.arrows {
		if a.From == a.To {
			continue
		}
		from, to := a.From, a.To
		if p.turned[i] {
			from, to = to, from
		}
		first, last := p.vertices[from].rank, p.vertices[to].rank
		middle := (first+last)/2 | 1
		chain := []int{from}
		for rank := first + 1; rank < last; rank++ {
			v := vertex{rank: rank, size: size{Height: 2}}
			if rank == middle {
				v.size, p.labels[i] = a.size, len(p.vertices)
			}
			chain = append(chain, len(p.vertices))
			p.vertices = append(p.vertices, v)
		}
		chain = append(chain, to)
		p.chains[i] = chain
		for k := range chain[1:] {
			u, v := &p.vertices[chain[k]], &p.vertices[chain[k+1]]
			u.after, v.before = append(u.after, chain[k+1]), append(v.before, chain[k])
		}
	}
}

// layout is the plan with the ways of the arrows.
func (p *plan) layout() *layout {
	l := &layout{}
	for i := range p.vertices {
		v := &p.vertices[i]
		l.Width, l.Height = max(l.Width, v.at.X+v.Width/2+frame), max(l.Height, v.at.Y+v.Height/2+frame)
		if v.isBox {
			l.boxes = append(l.boxes, v.at)
		}
	}
	loops := map[int]float64{}
	for i, a := range p.arrows {
		if a.From == a.To {
			l.routes = append(l.routes, p.loop(a, loops))
			continue
		}
		l.routes = append(l.routes, p.route(i))
	}
	return l
}

// route is the way of an arrow: level across each rank, so that it runs between what is in it.
func (p *plan) route(arrow int) route {
	chain := p.chains[arrow]
	r := route{label: p.vertices[p.labels[arrow]].at}
	for i, at := range chain {
		v := &p.vertices[at]
		half := p.widthOf(v.rank) / 2
		switch i {
		case 0:
			box, y := p.boxes[at].Width/2, p.port(at, v.after, chain[1])
			r.points = append(r.points, point{v.at.X + box, y}, point{v.at.X + max(half, box+approach), y})
		case len(chain) - 1:
			box, y := p.boxes[at].Width/2, p.port(at, v.before, chain[i-1])
			r.points = append(r.points, point{v.at.X - max(half, box+approach), y}, point{v.at.X - box, y})
		default:
			r.points = append(r.points, point{v.at.X - half, v.at.Y}, point{v.at.X + half, v.at.Y})
		}
	}
	if p.turned[arrow] {
		slices.Reverse(r.points)
	}
	return r
}

// port is where, on a side of a box, the arrow from or to one of the neighbours on that side is: they share its height, in their order.
func (p *plan) port(box int, neighbours []int, one int) float64 {
	before := 0
	for _, n := range neighbours {
		before += index(p.vertices[n].at.Y < p.vertices[one].at.Y)
	}
	at, height := p.vertices[box].at.Y, p.boxes[box].Height
	return at + height*(float64(before+1)/float64(len(neighbours)+1)-0.5)
}

// loop is the way of an arrow from a box to itself, above the box and above the loops that it already has.
func (p *plan) loop(a sizedArrow, above map[int]float64) route {
	at, box := p.vertices[a.From].at, p.boxes[a.From]
	base := at.Y - box.Height/2
	top := base - above[a.From] - loopRoom
	above[a.From] += a.Height + loopRoom
	left, right := at.X-box.Width/4, at.X+box.Width/4
	return route{point{at.X, top - a.Height/2}, []point{{left, base}, {left, top}, {right, top}, {right, base}}}
}
