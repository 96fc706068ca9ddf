package danger

import (
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/internal/ask"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/reach"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/internal/words"
)

// sentence says what a step of a path is.
func (e *ending) sentence(h *reach.Hop) string {
	text := e.NameOf(h.From) + " can call " + e.requests(h)
	switch h.Edge.Kind {
	case reach.RunAs:
		if text += ", and the function runs as " + e.NameOf(h.To); h.IsGuess() {
			text = e.NameOf(h.From) + " can call " + e.requests(h) + ", and the function may run as " + e.NameOf(h.To)
		}
	case reach.Pass:
		text += ", so that " + h.Edge.Service + " runs code as " + e.NameOf(h.To)
	case reach.Change:
		text += ", which gives " + e.NameOf(h.To) + " more permissions"
		if h.Edge.Changes == reach.Boundary {
			text = e.NameOf(h.From) + " can call " + e.requests(h) + ", which removes the permissions boundary of " + e.NameOf(h.To)
		}
	case reach.Compute:
		text += ", on a resource that may run as " + e.NameOf(h.To)
	}
	return text + "."
}

// requests are the calls of a step. What stands for all nodes that are alike is called by the name of the one that the path leads to.
func (e *ending) requests(h *reach.Hop) string {
	steps := slices.Clone(h.Edge.Requests)
	for i := range steps {
		if steps[i].Resource == h.Edge.Sample && !h.IsGuess() {
			steps[i].Type, steps[i].Pattern = "", ""
			if steps[i].Resource = h.Through; h.Through == "" {
				steps[i].Resource = e.ARNOf(h.To)
			}
		}
	}
	return stepTexts(steps)
}

// hopEvidence quotes the statements that allow the steps of a path.
func (j *judge) hopEvidence(e *ending, hops []reach.Hop) []check.Evidence {
	var out []check.Evidence
	for i := range hops {
		h := &hops[i]
		for _, request := range h.Edge.Requests {
			out = e.appendEvidence(out, h, &request)
		}
	}
	return out[:min(len(out), 2*maxEvidence)]
}

func (e *ending) appendEvidence(out []check.Evidence, h *reach.Hop, request *ask.Step) []check.Evidence {
	for _, ref := range request.Statements {
		one := check.Evidence{
			Policy: ref.Policy, Statement: ref.Statement.Index, Sid: ref.Statement.Sid, Text: ref.Document.Text(ref.Statement.Span), Why: "It allows " + request.Action + ".",
		}
		of := h.From
		if ref.Policy == role.PartTrust.String() {
			of, one.Why = h.To, "It admits "+e.NameOf(h.From)+"."
		}
		if of != e.At {
			one.Role = e.ARNOf(of)
		}
		if i := slices.IndexFunc(out, func(o check.Evidence) bool {
			return o.Role == one.Role && o.Policy == one.Policy && o.Statement == one.Statement
		}); i < 0 {
			out = append(out, one)
		} else if !strings.Contains(out[i].Why, request.Action) && strings.HasPrefix(out[i].Why, "It allows ") {
			out[i].Why = strings.TrimSuffix(out[i].Why, ".") + " and " + request.Action + "."
		}
	}
	return out
}

// fix says which step to remove first.
func (e *ending) fix(hops []reach.Hop) check.Fix {
	cut := e.Cut(hops)
	if cut == nil {
		return check.Fix{Summary: "Remove the permission for one of the steps."}
	}
	ref := cut.Statement()
	what := "Remove " + role.NameOf(*ref).InWords() + " of " + e.NameOf(cut.From) + ", or name in Resource only what it has to act on"
	if ref.Policy == role.PartTrust.String() {
		what = "Do not allow " + e.NameOf(cut.From) + " in the trust policy of " + e.NameOf(cut.To)
	}
	if n := e.Uses(cut); n > 1 {
		return check.Fix{Summary: what + ". " + words.Upper(words.Count(n, "path")) + " of the account use this step, " + cut.Edge.Requests[0].Action + "."}
	}
	return check.Fix{Summary: what + ". Without it, the path ends at " + cut.Edge.Requests[0].Action + "."}
}
