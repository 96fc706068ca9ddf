package ask

import (
	"slices"
	"strings"
	"sync"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
	"github.com/rolewatch/rolewatch/function/policy/actions"
)

// Open says of the values of a statement's Resource which resources that no policy names they may cover. It only looks at how the ARNs of
// such resources begin: what it excludes no Session finds, and most values of Resource begin with a name.
type Open struct {
	// all is set where that is not seen from how the values begin.
	all    bool
	values []openValue
}

// openValue is a value of Resource that is an ARN.
type openValue struct {
	service string
	// start is what the last segment begins with, up to its first wildcard; whole says that there is none: then it is one resource, which
	// some types have only one of.
	start string
	whole bool
	// crossing is set where an asterisk may stand for colons, of which the last segment has so many.
	crossing bool
	colons   int
}

// ExcludesNamed reports whether what OpenOf excludes is the same for this session as for most. Where a policy was not read, and where
// some name is in the way, it excludes nothing.
func (s *Session) ExcludesNamed() bool { return !s.unread && s.name == names[0] }

// OpenOf says it of a statement.
func (s *Session) OpenOf(st *policy.Statement) Open {
	o := Open{all: st.NotResource || !s.ExcludesNamed()}
	for i := range st.Resources {
		if o.all {
			break
		}
		o.add(st.Resources[i].Text)
	}
	return o
}

func (o *Open) add(text string) {
	arn, ok := plainPattern(text)
	if !ok {
		o.all = true
		return
	}
	first := strings.IndexAny(arn.Resource, "*?")
	whole := first < 0
	if whole {
		first = len(arn.Resource)
	}
	o.values = append(o.values, openValue{
		service: arn.Service, start: arn.Resource[:first], whole: whole, colons: aws.Colons(arn.Resource),
		crossing: slices.ContainsFunc([]string{arn.Partition, arn.Service, arn.Region, arn.Account}, func(segment string) bool { return strings.HasSuffix(segment, "*") }),
	})
}

// plainPattern is a value of Resource as the pattern of an ARN; false for one that is something else, or has a variable.
func plainPattern(text string) (aws.ARNPattern, bool) {
	arn, ok := aws.ParseARNPattern(text)
	return arn, ok && aws.IsARN(text) && !strings.Contains(text, "$")
}

// Covers reports whether a value may cover a resource that no policy names and that an action acts on.
func (o *Open) Covers(action string) bool {
	if o.all || len(o.values) == 0 {
		return o.all
	}
	for _, f := range formsOf(action) {
		for i := range o.values {
			if o.values[i].mayCover(&f) {
				return true
			}
		}
	}
	return false
}

func (v *openValue) mayCover(f *unnamedForm) bool {
	switch {
	case f.odd, v.crossing && f.colons > v.colons:
		return true
	case v.service != f.service && !strings.ContainsAny(v.service, "*?"):
		return false
	case v.whole:
		return !f.cut && f.start == v.start
	case f.cut && len(v.start) > len(f.start):
		return strings.HasPrefix(v.start, f.start)
	}
	return strings.HasPrefix(f.start, v.start)
}

// unnamedForm is the ARN of resources of a type that no policy names, as far as it is the same for all roles.
type unnamedForm struct {
	service string
	// start is the last segment, or, with cut, what it begins with.
	start  string
	cut    bool
	colons int
	// odd is set for one that is not cut into segments as others are.
	odd bool
}

// unnamedForms are those of actions that were asked for, by name.
var unnamedForms sync.Map

func formsOf(action string) []unnamedForm {
	if known, ok := unnamedForms.Load(action); ok {
		return known.([]unnamedForm)
	}
	var out []unnamedForm
	if a, ok := actions.Lookup(action); ok {
		required, oneOf := TypesOf(a)
		for _, list := range [][]actions.ResourceType{required, oneOf} {
			for _, t := range list {
				for _, form := range t.ARNs {
					out = append(out, newForm(form))
				}
			}
		}
	}
	unnamedForms.Store(action, out)
	return out
}

// anyRole stands for what a role's own partition, Region and account put in a form.
const anyRole = "\x00"

func newForm(form string) unnamedForm {
	arn := fill(form, role.Ref{Partition: anyRole, Account: anyRole}, anyRole, names[0])
	p, ok := aws.ParseARNPattern(arn)
	if !ok {
		return unnamedForm{odd: true}
	}
	f := unnamedForm{service: p.Service, colons: aws.Colons(p.Resource)}
	f.start, _, f.cut = strings.Cut(p.Resource, anyRole)
	return f
}

// MayReach reports whether a statement of the identity policies that allows an action may cover a resource whose ARN ends in one of some
// texts, which have no wildcards, after service, Region and account. It only looks at how values of Resource begin, and what it excludes is not allowed.
func (s *Session) MayReach(action string, ends []string) bool {
	if s.unread {
		return true
	}
	return slices.ContainsFunc(s.Allowing(action), func(ref policy.StatementRef) bool {
		return ref.Statement.NotResource || slices.ContainsFunc(ref.Statement.Resources, func(v policy.Value) bool {
			return slices.ContainsFunc(ends, func(end string) bool { return mayEndIn(v.Text, end) })
		})
	})
}

// mayEndIn reports whether a value of Resource may cover an ARN that ends in a text.
func mayEndIn(value, end string) bool {
	arn, ok := plainPattern(value)
	if !ok || aws.Colons(end) > aws.Colons(arn.Resource) {
		return true // An asterisk before may stand for colons.
	}
	first := strings.IndexAny(arn.Resource, "*?")
	if first < 0 {
		return arn.Resource == end
	}
	return strings.HasPrefix(end, arn.Resource[:first])
}
