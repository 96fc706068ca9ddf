package danger

import (
	"slices"

	"github.com/rolewatch/rolewatch/function/internal/ask"
	"github.com/rolewatch/rolewatch/function/internal/catalogue/effective"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
	"github.com/rolewatch/rolewatch/function/policy/actions"
)

// judge asks what the role's session may do in the ways in which the checks of this package ask.
type judge struct {
	*ask.Session
	subject *check.Subject
	e       *effective.Permissions
	// granting are those of pathActions that a statement may allow on something, once that was asked for, and granted says of them
	// whether one does.
	granting *actionSet
	granted  []answered
	// taken are the answers to steps that ways share.
	taken map[string]ask.Answer
	// made are the managed policies that the role can make; nil before somebody asks.
	made *[]string
}

type judgeKey struct{}

func judgeOf(s *check.Subject) *judge {
	return check.Memo(s, judgeKey{}, func() *judge { return newJudge(s, effective.Of(s)) })
}

func newJudge(s *check.Subject, e *effective.Permissions) *judge {
	return &judge{Session: e.Asking(s), subject: s, e: e, taken: map[string]ask.Answer{}}
}

// on asks for an action on one resource, in the resource's Region, or, for one that is in none, in each that makes a difference. The
// keys are those that the request has to carry.
func (j *judge) on(action, resource string, keys map[string]string) ask.Answer {
	if !j.Grants(action) {
		return ask.Answer{}
	}
	return j.InRegionsOf(resource, func(region string) ask.Answer {
		return j.Ask(ask.Question{Action: action, Resource: resource, Region: region, Keys: keys})
	}, action)
}

// anywhere asks for an action, by its name, on resources that no policy names.
func (j *judge) anywhere(name string, keys map[string]string) ask.Answer {
	a, ok := actions.Lookup(name)
	if !ok {
		return ask.Answer{}
	}
	return j.Anywhere(a, keys)
}

// unread are the identity policies that were not read. A boundary that was not read only takes away.
func (j *judge) unread() []role.Gap {
	unread := slices.Contains(j.e.Set.Unread, policy.Identity.String()) ||
		slices.ContainsFunc(j.e.Set.Identity, func(part policy.Part) bool { return part.Document == nil })
	if !unread {
		return nil
	}
	return j.e.Missing
}

// undecidedIfUnread says that what was not read may allow it.
func (j *judge) undecidedIfUnread(p *check.Pass) {
	if missing := j.unread(); len(missing) > 0 {
		p.Undecided("", missing...)
	}
}

// notAllowed says what is undecided where nothing is allowed for certain.
func (j *judge) notAllowed(p *check.Pass, a ask.Answer) {
	if a.Decision == policy.Unknown {
		p.Undecided("", a.DependsOn...)
	}
}

func distinct(texts []string) []string {
	slices.Sort(texts)
	return slices.Compact(texts)
}

// allows goes through the statements of identity policies that allow something.
func (j *judge) allows() func(yield func(policy.StatementRef) bool) {
	return func(yield func(policy.StatementRef) bool) {
		for _, part := range j.e.Set.Identity {
			if part.Document == nil {
				continue
			}
			for i := range part.Document.Statements {
				s := &part.Document.Statements[i]
				if s.Effect == policy.Allow && s.HasAction &&
					!yield(policy.StatementRef{Policy: part.Name, Statement: s, Document: part.Document, Effect: policy.Allow}) {
					return
				}
			}
		}
	}
}
