package main

import (
	"strconv"
	"strings"
	"testing"

	"github.com/rolewatch/rolewatch/function/internal/reach"
)

// TestAPictureThatCannotBeReadIsRefused draws as many steps as can be read, and one more, in each format.
func TestAPictureThatCannotBeReadIsRefused(t *testing.T) {
	d := &reach.Drawing{Boxes: []reach.Box{{Name: "admin", Administrator: "administrator"}}}
	for i := range mostDrawn {
		d.Boxes = append(d.Boxes, reach.Box{Name: "role-" + strconv.Itoa(i)})
		d.Arrows = append(d.Arrows, reach.Arrow{From: i + 1, To: 0, Label: "sts:AssumeRole", Certain: true})
	}
	for _, f := range []graphFormat{formatDot, formatMermaid, formatSVG} {
		text, err := draw(d, f)
		if err != nil || strings.Count(text, "role-") != mostDrawn {
			t.Errorf("%s of %d steps: %d roles, error %v", f, mostDrawn, strings.Count(text, "role-"), err)
		}
	}
	d.Arrows = append(d.Arrows, reach.Arrow{From: 1, To: 2, Label: "sts:AssumeRole"})
	for _, f := range []graphFormat{formatDot, formatMermaid, formatSVG} {
		_, err := draw(d, f)
		if want := "81 steps between 81 roles and users are too many to draw, 80 can be read: narrow it with --from or --to"; err == nil || err.Error() != want {
			t.Errorf("%s of 81 steps: error %v, want %s", f, err, want)
		}
	}
}

// TestStepsBetweenTheSameRolesAreOneArrow draws two steps that are certain and one that is not.
func TestStepsBetweenTheSameRolesAreOneArrow(t *testing.T) {
	d := &reach.Drawing{
		Boxes: []reach.Box{{Name: "orders", ARN: "arn:aws:iam::111122223333:role/orders"}, {Name: "admin", Administrator: "administrator"}},
		Arrows: []reach.Arrow{
			{From: 0, To: 1, Label: "iam:PassRole, lambda:CreateFunction", Certain: true}, {From: 0, To: 1, Label: "sts:AssumeRole", Certain: true},
			{From: 0, To: 1, Label: "iam:PutRolePolicy"},
		},
	}
	text, err := draw(d, formatSVG)
	if err != nil {
		t.Fatal(err)
	}
	for part, want := range map[string]int{"<path d=": 1, `<path class="dashed"`: 1, ">iam:PassRole</text>": 1, ">lambda:CreateFunction</text>": 1, `<g class="marked">`: 1} {
		if n := strings.Count(text, part); n != want {
			t.Errorf("%s is there %d times, want %d:\n%s", part, n, want, text)
		}
	}
}
