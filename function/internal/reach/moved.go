package reach

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/internal/ask"
	"github.com/rolewatch/rolewatch/function/internal/parallel"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// Moved are the roles and users of a graph of which it says something else than the graph before it: where they lead, by which steps, and
// what is not known of that. They are in the order of their ARNs. What a node may do by itself is not compared. A nil graph has no steps.
func Moved(before, after *Graph) []*Node {
	if after == nil {
		after, before = before, nil // What it said it says no more.
	}
	if after == nil {
		return nil
	}
	moved := make([]bool, len(after.Nodes))
	parallel.Each(len(after.Nodes), func(i int) {
		now := after.views[i]
		var was *View
		if before != nil {
			if at, ok := before.Find(after.Nodes[i].ARN()); ok {
				was = before.views[at]
			}
		}
		moved[i] = now.says() != was.says()
	})
	var out []*Node
	for i, n := range after.Nodes {
		if moved[i] {
			out = append(out, n)
		}
	}
	slices.SortFunc(out, func(a, b *Node) int { return cmp.Compare(a.ARN(), b.ARN()) })
	return out
}

// says identifies what a view says of where its node leads; the zero value says nothing.
func (v *View) says() (sum [sha256.Size]byte) {
	if v == nil || len(v.Paths)+len(v.Open) == 0 {
		return sum
	}
	h := sha256.New()
	for i := range v.Paths {
		p := &v.Paths[i]
		_, _ = fmt.Fprintf(h, "path %s %v\n", p.Key, p.Strong)
		v.writeEnd(h, &p.End)
		for k := range p.Others {
			v.writeEnd(h, &p.Others[k])
		}
	}
	for i := range v.Open {
		_, _ = io.WriteString(h, "open\n")
		v.writeEnd(h, &v.Open[i])
	}
	return [sha256.Size]byte(h.Sum(nil))
}

func (v *View) writeEnd(w io.Writer, e *End) {
	accepted := ""
	if e.Accepted != nil {
		accepted = e.Accepted.Reason + e.Accepted.Until.String()
	}
	_, _ = fmt.Fprintf(w, "end %s %d %s %s %d %q\n", v.ARNOf(e.At), e.Changes, e.Standing.Power, e.Standing.Does, e.Unknowns, accepted)
	for _, s := range e.Standing.Strong {
		_, _ = io.WriteString(w, stepText(s)+"\n")
	}
	writeGaps(w, e.Standing.DependsOn)
	for i := range e.Hops {
		h := &e.Hops[i]
		_, _ = fmt.Fprintf(w, "hop %s %s %s %s %s %v %q %q\n", v.ARNOf(h.From), v.ARNOf(h.To), h.Edge.Kind, h.Edge.Path, h.Edge.key, h.Edge.Decision, h.Through, h.Edge.Requires)
		for _, s := range h.Edge.Requests {
			_, _ = io.WriteString(w, stepText(s)+"\n")
		}
		writeGaps(w, h.Edge.DependsOn)
	}
}

func writeGaps(w io.Writer, gaps []role.Gap) {
	if len(gaps) > 0 {
		_, _ = io.WriteString(w, strings.Join(role.GapTexts(gaps), "\n")+"\n")
	}
}

// stepText identifies a request with the statements that decide it.
func stepText(s ask.Step) string {
	parts := []string{s.Action, s.Resource}
	for i := range s.Statements {
		ref := &s.Statements[i]
		parts = append(parts, ref.Policy, ref.Document.Text(ref.Statement.Span))
	}
	return strings.Join(parts, " ")
}

// RestsOn are what the steps of a path, and the power at its end, rest on: the ARNs of the roles, users and functions that it leads along, and
// of the managed policies of these. The node that it starts from is not among them.
func (v *View) RestsOn(e *End) (arns []string) {
	add := func(arn string) {
		if arn != "" && !slices.Contains(arns, arn) {
			arns = append(arns, arn)
		}
	}
	node := func(at int32) {
		if at == v.At || v.isUnlisted(at) || v.isMade(at) {
			return
		}
		n := v.nodes[at].Node
		add(n.ARN())
		for _, p := range slices.Concat(n.Attached.Or(nil), n.Seen) {
			add(p.ARN)
		}
		add(n.Boundary.Or(role.Policy{}).ARN)
		for _, group := range n.Groups {
			add(group)
		}
	}
	for i := range e.Hops {
		h := &e.Hops[i]
		add(h.Through)
		node(h.From)
		node(h.To)
	}
	node(e.At)
	return arns
}
