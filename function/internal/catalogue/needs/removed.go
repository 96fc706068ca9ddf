package needs

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/ask"
	"github.com/rolewatch/rolewatch/function/internal/catalogue/effective"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/internal/words"
	"github.com/rolewatch/rolewatch/function/policy"
)

// before is the role with some parts as they were before they were edited.
func before(s *check.Subject, parts []role.Part) *role.Snapshot {
	was := *s.Role
	for _, name := range parts {
		former := s.Before.Parts[name]
		switch name.Kind() {
		case role.Boundary:
			was.Boundary = former
		case role.Inline:
			was.Inline = put(was.Inline, name, former)
		case role.Managed:
			was.Attached = put(was.Attached, name, former)
		}
	}
	return &was
}

// put gives a list with one policy as it was.
func put(m role.Maybe[[]role.Policy], name role.Part, former role.Maybe[role.Policy]) role.Maybe[[]role.Policy] {
	if m.State() == role.Unknown {
		return m
	}
	list := slices.DeleteFunc(slices.Clone(m.Or(nil)), func(p role.Policy) bool { return p.Part == name })
	switch p, known := former.Get(); {
	case known:
		list = append(list, p)
	case former.State() == role.Unknown:
		list = append(list, role.Policy{Part: name, Text: role.NotRead[string](former.Reason())})
	}
	return role.Have(list)
}

// edited are the parts whose edit is stored, without those that do not affect permissions.
func edited(s *check.Subject) []role.Part {
	if len(s.Before.Parts) == 0 {
		return nil
	}
	return slices.DeleteFunc(slices.Sorted(maps.Keys(s.Before.Parts)), func(name role.Part) bool { return name == role.PartTrust })
}

// removed reports permissions that an edit removed and that a function's configuration needs.
func removed(p *check.Pass) {
	parts := edited(p.Subject)
	if len(parts) == 0 {
		return
	}
	var taken map[string][]loss
	var order []string
	for _, o := range judged(p.Subject).outcomes {
		l, missing := lost(p.Subject, o, parts)
		if len(missing) > 0 {
			p.Undecided(o.function, missing...)
		}
		if len(l.lacks) == 0 {
			continue
		}
		if taken == nil {
			taken = map[string][]loss{}
		}
		if len(taken[o.function]) == 0 {
			order = append(order, o.function)
		}
		taken[o.function] = append(taken[o.function], l)
	}
	for _, function := range order {
		p.Report(removedDiagnostic(p, function, taken[function]))
	}
}

// loss is what a function lacks for one row and had before the edits.
type loss struct {
	outcome
	parts []role.Part
	whole bool
}

// lost evaluates the former role for all that a row lacks, and finds the parts that are the cause.
func lost(s *check.Subject, o outcome, parts []role.Part) (l loss, missing []role.Gap) {
	l.outcome, l.whole = o, true
	l.lacks = nil
	for _, one := range o.lacks {
		r := askBefore(s, o, one, parts)
		switch r.Verdict.Decision {
		case policy.Allowed:
			l.lacks = append(l.lacks, one)
			for _, name := range blame(s, o, one, parts) {
				if !slices.Contains(l.parts, name) {
					l.parts = append(l.parts, name)
				}
			}
		case policy.Unknown:
			missing = append(missing, r.DependsOn...)
			l.whole = false
		default:
			l.whole = false
		}
	}
	return l, missing
}

// formerKey is the role as some parts were before.
type formerKey struct{ parts string }

func askBefore(s *check.Subject, o outcome, one lack, parts []role.Part) ask.Reply {
	former := check.Memo(s, formerKey{strings.Join(role.PartTexts(parts), "\n")}, func() *ask.Lambda {
		return effective.OfRole(before(s, parts)).AskingLambda(s)
	})
	return deskOf(former, &o.versions[0], one.need).settled(one.action).Reply
}

// blame are the parts each of which, restored alone, would allow the action again; all of them where several are needed.
func blame(s *check.Subject, o outcome, one lack, parts []role.Part) []role.Part {
	var out []role.Part
	for _, name := range parts {
		if askBefore(s, o, one, []role.Part{name}).Verdict.Decision == policy.Allowed {
			out = append(out, name)
		}
	}
	if len(out) == 0 {
		return parts
	}
	return out
}

func removedDiagnostic(p *check.Pass, function string, losses []loss) check.Diagnostic {
	var lacks []lack
	var parts []role.Part
	var purposes []string
	d := check.Diagnostic{Key: function}
	for _, l := range losses {
		lacks = append(lacks, l.lacks...)
		purposes = append(purposes, l.row.what)
		for _, name := range l.parts {
			if !slices.Contains(parts, name) {
				parts = append(parts, name)
			}
		}
		for _, f := range l.versions {
			if !slices.ContainsFunc(d.Functions, func(o role.Function) bool { return o.QualifiedARN() == f.QualifiedARN() }) {
				d.Functions = append(d.Functions, f)
			}
		}
		if l.whole {
			d.Tells = append(d.Tells, check.Told{Check: l.row.check.ID, Key: function})
		}
	}
	name := aws.FunctionNameOf(function)
	d.Title = "An edit removed permissions that " + name + " needs: " + actionsOf(lacks, 3)
	d.Detail = fmt.Sprintf("The function %s needs %s %s. The role %s had %s before %s %s edited.", name, actionsOf(lacks, 12), words.List(purposes), p.Role.Ref.Name,
		words.Either(len(lacks), "this permission", "these permissions"), words.List(role.PartsInWords(parts)), words.Either(len(parts), "was", "were")) + authors(p.Changes, parts)
	for _, group := range byBlocker(lacks) {
		d.Detail += " " + blocked(group)
	}
	d.Evidence = evidence(effective.Of(p.Subject), lacks)
	d.Parts = parts
	d.Fix = fix(p.Role, function, "restored", lacks)
	d.Fix.Summary = "Restore the removed permissions. " + d.Fix.Summary
	return d
}

// authors says who edited the parts, as far as records say.
func authors(changes []check.Change, parts []role.Part) string {
	var out string
	for _, c := range changes {
		if slices.Contains(parts, c.Part) {
			out += fmt.Sprintf(" %s was edited by %s with %s at %s (record %s).", words.Upper(c.Part.InWords()), c.Actor, c.Event, c.Time.UTC().Format(time.RFC3339), c.EventID)
		}
	}
	return out
}
