package main

import (
	"fmt"
	"strings"

	"github.com/rolewatch/rolewatch/function/internal/diagram"
	"github.com/rolewatch/rolewatch/function/internal/reach"
	"github.com/rolewatch/rolewatch/function/internal/words"
)

// mostDrawn is how many steps a picture shows at most: more cannot be read.
const mostDrawn = 80

// pictureOf draws paths.
func pictureOf(g *reach.Graph, f graphFormat, list []reach.Found) (string, error) {
	var all [][]reach.Hop
	for i := range list {
		all = append(all, list[i].Hops)
	}
	return draw(g.Draw(all), f)
}

func draw(d *reach.Drawing, f graphFormat) (string, error) {
	if d.Steps() > mostDrawn {
		return "", fmt.Errorf("%s between %s are too many to draw, %d can be read: narrow it with --from or --to",
			words.Count(d.Steps(), "step"), words.Count(len(d.Boxes), "role")+" and users", mostDrawn)
	}
	switch f {
	case formatDot:
		return d.Dot(), nil
	case formatMermaid:
		return d.Mermaid(), nil
	}
	return svgOf(d)
}

// pair is what arrows have in common that are drawn as one.
type pair struct {
	from, to int
	certain  bool
}

func svgOf(d *reach.Drawing) (string, error) {
	var boxes []diagram.Box
	for i := range d.Boxes {
		b := &d.Boxes[i]
		boxes = append(boxes, diagram.Box{Name: b.Name, Note: b.Administrator, Title: b.ARN, Marked: b.Administrator != ""})
	}
	var arrows []diagram.Arrow
	drawn := map[pair]int{}
	for _, a := range d.Arrows {
		p := pair{a.From, a.To, a.Certain}
		at, ok := drawn[p]
		if !ok {
			at, drawn[p] = len(arrows), len(arrows)
			arrows = append(arrows, diagram.Arrow{From: a.From, To: a.To, Dashed: !a.Certain})
		}
		arrows[at].Labels = append(arrows[at].Labels, strings.Split(a.Label, ", ")...)
	}
	if len(boxes) == 0 {
		boxes = []diagram.Box{{Name: "no path"}}
	}
	title := fmt.Sprintf("Paths to more power: %s between %s", words.Count(len(d.Arrows), "step"), words.Count(len(d.Boxes), "role")+" and users")
	return diagram.SVG(title, boxes, arrows)
}
