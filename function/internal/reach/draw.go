package reach

import (
	"fmt"
	"strconv"
	"strings"
)

// Drawing is a set of paths as boxes and arrows, and as a picture in text.
type Drawing struct {
	Boxes  []Box
	Arrows []Arrow

	boxes map[int32]int
	drawn map[Arrow]bool
}

// Box is a role or user, or what policies name and the account does not have.
type Box struct {
	Name, ARN string
	// Administrator says what kind of administrator it is; empty where it is none.
	Administrator string
}

// Arrow is a step from the box of one place to that of another.
type Arrow struct {
	From, To int
	Label    string
	Certain  bool
}

// Draw puts the steps of paths together, each once.
func (g *Graph) Draw(paths [][]Hop) *Drawing {
	d := &Drawing{boxes: map[int32]int{}, drawn: map[Arrow]bool{}}
	for _, hops := range paths {
		for i := range hops {
			h := &hops[i]
			label := calls(h)
			if h.Through != "" && h.Through != g.ARNOf(h.To) {
				label += " on " + shortName(h.Through)
			}
			a := Arrow{d.box(g, h.From), d.box(g, h.To), label, IsCertain(hops[i : i+1])}
			if !d.drawn[a] {
				d.drawn[a], d.Arrows = true, append(d.Arrows, a)
			}
		}
	}
	return d
}

// Steps is how many steps are drawn.
func (d *Drawing) Steps() int { return len(d.Arrows) }

func (d *Drawing) box(g *Graph, at int32) int {
	if i, ok := d.boxes[at]; ok {
		return i
	}
	b := Box{Name: shortName(g.NameOf(at)), ARN: g.ARNOf(at)}
	if s := g.standingOf(at); s.Power.IsAdministrator() {
		b.Administrator = s.Power.String()
	}
	d.boxes[at], d.Boxes = len(d.Boxes), append(d.Boxes, b)
	return len(d.Boxes) - 1
}

// label is what the pictures in text write into a box.
func (b *Box) label() string {
	if b.Administrator != "" {
		return b.Name + " (" + b.Administrator + ")"
	}
	return b.Name
}

// Dot is the drawing in the language of Graphviz: https://graphviz.org/doc/info/lang.html
func (d *Drawing) Dot() string {
	var b strings.Builder
	b.WriteString("digraph paths {\n\trankdir=LR;\n\tnode [shape=box];\n")
	for i := range d.Boxes {
		fmt.Fprintf(&b, "\tn%d [label=%s];\n", i, strconv.Quote(d.Boxes[i].label()))
	}
	for _, l := range d.Arrows {
		style := ""
		if !l.Certain {
			style = ", style=dashed"
		}
		fmt.Fprintf(&b, "\tn%d -> n%d [label=%s%s];\n", l.From, l.To, strconv.Quote(l.Label), style)
	}
	b.WriteString("}\n")
	return b.String()
}

// forMermaid writes a text so that Mermaid shows it as it is: it takes HTML and Markdown in quotes, and its own codes for characters.
// https://mermaid.js.org/syntax/flowchart.html#entity-codes-to-escape-characters
var forMermaid = strings.NewReplacer("#", "#35;", `"`, "#quot;", "&", "#amp;", "<", "#lt;", ">", "#gt;", "`", "#96;", "\n", " ", "\r", " ")

// Mermaid is the drawing as a flowchart of Mermaid: https://mermaid.js.org/syntax/flowchart.html
func (d *Drawing) Mermaid() string {
	var b strings.Builder
	b.WriteString("flowchart LR\n")
	for i := range d.Boxes {
		fmt.Fprintf(&b, "  n%d[\"%s\"]\n", i, forMermaid.Replace(d.Boxes[i].label()))
	}
	for _, l := range d.Arrows {
		arrow := "-->"
		if !l.Certain {
			arrow = "-.->"
		}
		fmt.Fprintf(&b, "  n%d %s|\"%s\"| n%d\n", l.From, arrow, forMermaid.Replace(l.Label), l.To)
	}
	return b.String()
}
