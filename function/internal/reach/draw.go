package reach

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Drawing is a set of paths as a picture in text.
type Drawing struct {
	nodes []int32
	names []string
	lines []drawn
}

type drawn struct {
	from, to int
	label    string
	certain  bool
}

// Draw puts the steps of paths together, each once.
func (g *Graph) Draw(paths [][]Hop) *Drawing {
	d := &Drawing{}
	for _, hops := range paths {
		for i := range hops {
			h := &hops[i]
			line := drawn{d.node(g, h.From), d.node(g, h.To), calls(h), IsCertain(hops[i : i+1])}
			if !slices.Contains(d.lines, line) {
				d.lines = append(d.lines, line)
			}
		}
	}
	return d
}

// Steps is how many steps are drawn.
func (d *Drawing) Steps() int { return len(d.lines) }

func (d *Drawing) node(g *Graph, at int32) int {
	if i := slices.Index(d.nodes, at); i >= 0 {
		return i
	}
	name := shortName(g.NameOf(at))
	if s := g.standingOf(at); s.Power.IsAdministrator() {
		name += " (" + s.Power.String() + ")"
	}
	d.nodes, d.names = append(d.nodes, at), append(d.names, name)
	return len(d.nodes) - 1
}

// Dot is the drawing in the language of Graphviz: https://graphviz.org/doc/info/lang.html
func (d *Drawing) Dot() string {
	var b strings.Builder
	b.WriteString("digraph paths {\n\trankdir=LR;\n\tnode [shape=box];\n")
	for i, name := range d.names {
		fmt.Fprintf(&b, "\tn%d [label=%s];\n", i, strconv.Quote(name))
	}
	for _, l := range d.lines {
		style := ""
		if !l.certain {
			style = ", style=dashed"
		}
		fmt.Fprintf(&b, "\tn%d -> n%d [label=%s%s];\n", l.from, l.to, strconv.Quote(l.label), style)
	}
	b.WriteString("}\n")
	return b.String()
}

// Mermaid is the drawing as a flowchart of Mermaid: https://mermaid.js.org/syntax/flowchart.html
func (d *Drawing) Mermaid() string {
	quote := func(text string) string { return `"` + strings.ReplaceAll(text, `"`, "#quot;") + `"` }
	var b strings.Builder
	b.WriteString("flowchart LR\n")
	for i, name := range d.names {
		fmt.Fprintf(&b, "  n%d[%s]\n", i, quote(name))
	}
	for _, l := range d.lines {
		arrow := "-->"
		if !l.certain {
			arrow = "-.->"
		}
		fmt.Fprintf(&b, "  n%d %s|%s| n%d\n", l.from, arrow, quote(l.label), l.to)
	}
	return b.String()
}
