package diagram

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// drawnGraph is a graph of up to twenty boxes with arrows between any of them, from one to itself and several between the same two.
func drawnGraph(rt *rapid.T) (boxes []Box, arrows []Arrow) {
	names := rapid.StringMatching(`[a-z]{1,4}(-[a-z0-9]{1,30}){0,3}`)
	for range rapid.IntRange(1, 20).Draw(rt, "boxes") {
		boxes = append(boxes, Box{Name: names.Draw(rt, "name"), Marked: rapid.Bool().Draw(rt, "marked")})
	}
	place := rapid.IntRange(0, len(boxes)-1)
	for range rapid.IntRange(0, 30).Draw(rt, "arrows") {
		arrows = append(arrows, Arrow{
			From: place.Draw(rt, "from"), To: place.Draw(rt, "to"), Dashed: rapid.Bool().Draw(rt, "dashed"),
			Labels: rapid.SliceOfN(names, 0, 3).Draw(rt, "labels"),
		})
	}
	return boxes, arrows
}

// area is what something covers.
type area struct {
	name                     string
	left, top, right, bottom float64
}

func around(name string, at point, s size) area {
	return area{name, at.X - s.Width/2, at.Y - s.Height/2, at.X + s.Width/2, at.Y + s.Height/2}
}

func (a area) overlaps(b area) bool {
	const rounding = 0.001
	return a.left+rounding < b.right && b.left+rounding < a.right && a.top+rounding < b.bottom && b.top+rounding < a.bottom
}

// TestNothingCoversAnythingElse draws random graphs, cycles and loops among them: no box or label is on another one, everything is within
// the picture, and each arrow begins and ends at the edge of its boxes.
func TestNothingCoversAnythingElse(t *testing.T) {
	compared := 0
	rapid.Check(t, func(rt *rapid.T) {
		boxes, arrows := drawnGraph(rt)
		var sizes []size
		var sized []sizedArrow
		for _, b := range boxes {
			sizes = append(sizes, sizeOf(wrap(b.Name, boxLetters)))
		}
		for _, a := range arrows {
			sized = append(sized, sizedArrow{a.From, a.To, sizeOf(a.Labels)})
		}
		l := layOut(sizes, sized)
		var all []area
		for i := range boxes {
			all = append(all, around(fmt.Sprintf("box %d", i), l.boxes[i], sizes[i]))
		}
		for i := range arrows {
			r := l.routes[i]
			first, last := r.points[0], r.points[len(r.points)-1]
			if !all[arrows[i].From].touches(first) || !all[arrows[i].To].touches(last) {
				rt.Fatalf("arrow %d goes from %v to %v, and its boxes are %v and %v", i, first, last, all[arrows[i].From], all[arrows[i].To])
			}
		}
		for i := range arrows {
			all = append(all, around(fmt.Sprintf("label %d", i), l.routes[i].label, sized[i].size))
		}
		for i, a := range all {
			if a.left < 0 || a.top < 0 || a.right > l.Width || a.bottom > l.Height {
				rt.Fatalf("%v is not in the picture of %v", a, l.size)
			}
			for _, b := range all[:i] {
				compared++
				if a.overlaps(b) {
					rt.Fatalf("%v covers %v", a, b)
				}
			}
		}
	})
	if compared == 0 {
		t.Fatal("nothing was compared")
	}
}

// touches reports whether a point is on the edge of an area.
func (a area) touches(p point) bool {
	const rounding = 0.001
	near := func(x, y float64) bool { return x-y < rounding && y-x < rounding }
	level := p.Y > a.top-rounding && p.Y < a.bottom+rounding && (near(p.X, a.left) || near(p.X, a.right))
	return level || p.X > a.left && p.X < a.right && (near(p.Y, a.top) || near(p.Y, a.bottom))
}

// TestNoNameBecomesAnElement writes names into a picture that would be elements, attributes or scripts if they were not escaped: the
// elements are those of harmless names, and the texts are the names.
func TestNoNameBecomesAnElement(t *testing.T) {
	hostile := []string{
		`<script>alert(1)</script>`, `"><img/src=x/onerror=alert(1)>`, `]]><a/>`, `</title><script/>`, `&lt;b&gt;&#x3c;`, "a\x00\x1b[31m\ufffe\u202eb", `*<*>*`,
		"\xff\xfe", "名前-役割",
	}
	const harmless = "orders"
	want, _ := elements(t, harmless)
	if len(want) < 10 {
		t.Fatalf("a picture of three boxes has the elements %v", want)
	}
	for _, name := range hostile {
		got, texts := elements(t, name)
		if strings.Join(got, " ") != strings.Join(want, " ") {
			t.Errorf("with the name %q the elements are %v, want %v", name, got, want)
		}
		if n := strings.Count(texts, clean(name)); n != 7 {
			t.Errorf("the name %q is written %d times, want 7: %q", name, n, texts)
		}
	}
}

// elements are those of a picture with a name wherever one may be, with their attributes' names, and its texts.
func elements(t *testing.T, name string) (list []string, texts string) {
	t.Helper()
	boxes := []Box{{Name: name, Note: name, Title: name}, {Name: name, Title: name, Marked: true}}
	drawn, err := SVG(name, boxes, []Arrow{{From: 0, To: 1, Labels: []string{name}}, {From: 1, To: 1, Dashed: true}})
	if err != nil {
		t.Fatal(err)
	}
	for d := xml.NewDecoder(strings.NewReader(drawn)); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return list, texts
		}
		if err != nil {
			t.Fatalf("the picture of %q is not XML: %v", name, err)
		}
		switch token := token.(type) {
		case xml.StartElement:
			list = append(list, token.Name.Local)
			for _, a := range token.Attr {
				list = append(list, a.Name.Local)
			}
		case xml.CharData:
			texts += string(token) + "\n"
		}
	}
}

// TestArrowsLeadToTheRight draws a chain that is given in any order: each box is right of the one before, and the line is straight.
func TestArrowsLeadToTheRight(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.IntRange(2, 12).Draw(rt, "boxes")
		order := make([]int, n)
		for i := range order {
			order[i] = i
		}
		order = rapid.Permutation(order).Draw(rt, "chain")
		sizes := make([]size, n)
		var arrows []sizedArrow
		for i := range order {
			sizes[i] = size{50, 20}
			if i > 0 {
				arrows = append(arrows, sizedArrow{From: order[i-1], To: order[i]})
			}
		}
		l := layOut(sizes, arrows)
		for i := 1; i < n; i++ {
			a, b := l.boxes[order[i-1]], l.boxes[order[i]]
			if a.X >= b.X || a.Y-b.Y > 1 || b.Y-a.Y > 1 {
				rt.Fatalf("%d is at %v, and %d after it at %v", order[i-1], a, order[i], b)
			}
		}
	})
}
