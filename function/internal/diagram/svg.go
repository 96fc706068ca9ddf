package diagram

import (
	"encoding/xml"
	"strings"
)

// document is the root of an SVG file: https://www.w3.org/TR/SVG2/struct.html
type document struct {
	XMLName xml.Name `xml:"http://www.w3.org/2000/svg svg"`
	Width   string   `xml:"width,attr"`
	Height  string   `xml:"height,attr"`
	ViewBox string   `xml:"viewBox,attr"`
	Role    string   `xml:"role,attr"`
	Title   string   `xml:"title"`
	Style   string   `xml:"style"`
	Head    marker   `xml:"defs>marker"`
	Paper   rect     `xml:"rect"`
	// Layers are the arrows, their labels and the boxes, each above those before it.
	Layers [3]layer `xml:"g"`
}

// The layers' places.
const (
	arrowLayer = iota
	labelLayer
	boxLayer
)

type marker struct {
	ID      string `xml:"id,attr"`
	ViewBox string `xml:"viewBox,attr"`
	RefX    string `xml:"refX,attr"`
	RefY    string `xml:"refY,attr"`
	Width   string `xml:"markerWidth,attr"`
	Height  string `xml:"markerHeight,attr"`
	Orient  string `xml:"orient,attr"`
	Path    path   `xml:"path"`
}

type rect struct {
	Class  string `xml:"class,attr,omitempty"`
	X      string `xml:"x,attr"`
	Y      string `xml:"y,attr"`
	Width  string `xml:"width,attr"`
	Height string `xml:"height,attr"`
	Radius string `xml:"rx,attr,omitempty"`
}

type path struct {
	Class string `xml:"class,attr,omitempty"`
	D     string `xml:"d,attr"`
	End   string `xml:"marker-end,attr,omitempty"`
}

type text struct {
	X       string `xml:"x,attr"`
	Y       string `xml:"y,attr"`
	Content string `xml:",chardata"`
}

type layer struct {
	Class  string  `xml:"class,attr"`
	Paths  []path  `xml:"path"`
	Groups []group `xml:"g"`
}

// group is a rectangle with lines of text in it.
type group struct {
	Class string `xml:"class,attr,omitempty"`
	Title string `xml:"title,omitempty"`
	Rect  rect   `xml:"rect"`
	Lines []text `xml:"text"`
}

const style = `
text { font: 12px ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; fill: #1b1f24; text-anchor: middle; }
.paper { fill: #ffffff; }
.arrows path { fill: none; stroke: #57606a; stroke-width: 1.3; }
.arrows .dashed { stroke-dasharray: 6 4; }
.head { fill: #57606a; }
.labels rect { fill: #ffffff; }
.labels text { fill: #424a53; }
.boxes rect { fill: #eef4fb; stroke: #4a6f9c; stroke-width: 1.2; }
.boxes .marked rect { fill: #fdecea; stroke: #b3261e; stroke-width: 2; }
`

func newDocument(title string, l *layout) *document {
	width, height := number(l.Width), number(l.Height)
	return &document{
		Width: width, Height: height, ViewBox: "0 0 " + width + " " + height, Role: "img", Title: title, Style: style,
		Head:   marker{ID: "head", ViewBox: "0 0 10 10", RefX: "9", RefY: "5", Width: "8", Height: "8", Orient: "auto", Path: path{Class: "head", D: "M0,0L10,5L0,10z"}},
		Paper:  rect{Class: "paper", X: "0", Y: "0", Width: width, Height: height},
		Layers: [3]layer{arrowLayer: {Class: "arrows"}, labelLayer: {Class: "labels"}, boxLayer: {Class: "boxes"}},
	}
}

func (d *document) addArrow(r route, dashed bool) {
	p := path{D: curve(r.points), End: "url(#head)"}
	if dashed {
		p.Class = "dashed"
	}
	d.Layers[arrowLayer].Paths = append(d.Layers[arrowLayer].Paths, p)
}

func (d *document) addLabel(at point, s size, lines []string) {
	if len(lines) > 0 {
		d.Layers[labelLayer].Groups = append(d.Layers[labelLayer].Groups, newGroup(at, s, lines))
	}
}

func (d *document) addBox(at point, s size, lines []string, box Box) {
	g := newGroup(at, s, lines)
	g.Title, g.Rect.Radius = clean(box.Title), "4"
	if box.Marked {
		g.Class = "marked"
	}
	d.Layers[boxLayer].Groups = append(d.Layers[boxLayer].Groups, g)
}

// newGroup puts lines of text into a rectangle around a point.
func newGroup(at point, s size, lines []string) group {
	g := group{Rect: rect{X: number(at.X - s.Width/2), Y: number(at.Y - s.Height/2), Width: number(s.Width), Height: number(s.Height)}}
	for i, line := range lines {
		// The baseline of a letter is a third of its height below its middle.
		y := at.Y + (float64(i)-float64(len(lines)-1)/2)*lineHeight + fontSize/3.
		g.Lines = append(g.Lines, text{X: number(at.X), Y: number(y), Content: line})
	}
	return g
}

// curve is a path that begins at the first point, ends at the last one and bends at those between: a uniform cubic B-spline, whose pieces
// are Bézier curves.
func curve(points []point) string {
	if len(points) == 0 {
		return ""
	}
	var b strings.Builder
	write := func(command string, list ...point) {
		b.WriteString(command)
		for i, p := range list {
			if i > 0 {
				b.WriteByte(' ')
			}
			b.WriteString(number(p.X) + "," + number(p.Y))
		}
	}
	mix := func(p, q, r point, a, m, c float64) point {
		return point{(a*p.X + m*q.X + c*r.X) / (a + m + c), (a*p.Y + m*q.Y + c*r.Y) / (a + m + c)}
	}
	first, last := points[0], points[len(points)-1]
	write("M", first)
	if len(points) < 3 {
		write("L", last)
		return b.String()
	}
	write("L", mix(first, points[1], first, 5, 1, 0))
	for i := 1; i < len(points); i++ {
		p, q := points[i-1], points[i]
		r := points[min(i+1, len(points)-1)]
		write("C", mix(p, q, q, 2, 1, 0), mix(p, q, q, 1, 2, 0), mix(p, q, r, 1, 4, 1))
	}
	write("L", last)
	return b.String()
}
