// Package ask answers whether a caller can do something, with some choice of what a caller may choose. It is the only place that
// searches such choices: values of condition keys, tags, names of resources, Regions. Its answers are three-valued: a yes has a
// witness, a request that the policies allow, and an unknown says what it depends on.
package ask

import (
	"slices"

	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
)

// Question is one action on one resource.
type Question struct {
	Action string
	// Resource is "*", an ARN, or a pattern of ARNs.
	Resource string
	// Region is where the request goes; global services have their own.
	Region string
	// Keys are condition keys, in lower case, that the request has to carry with these values.
	Keys map[string]string
	// Without are condition keys, in lower case, that the request must not carry.
	Without []string
	// Tags are the resource's tags as they were found to be needed by an earlier step on the same resource.
	Tags []Condition
	// Target is the resource where it is one that is known; nil for any other.
	Target *Target
	// Unnamed is set where the resource stands for any that no policy names: conditions on its name are not met.
	Unnamed bool
	// Via also takes requests that an AWS service makes for the caller, with the caller's permissions ("forward access sessions").
	Via bool
	// reached is set where a policy could allow the action on the resource, which was seen before.
	reached bool
}

// Condition is a value that a condition key of the request must have for it to be allowed.
type Condition struct {
	// Key is as the policies spell it, Value empty where the key must be absent.
	Key, Value string
	Absent     bool
}

// Step is a request that is allowed, or may be.
type Step struct {
	Action, Resource string
	// Type is the resource's type, as the action's documentation calls it, where the resource stands for any of the type.
	Type string
	// Named is set where a policy names the resource, or Pattern, of which it is an instance.
	Named   bool
	Pattern string
	// Statements are those that allow the request; none where the answer is unknown.
	Statements []policy.StatementRef
	// Needs are the tags that the resource must have and that the caller cannot set.
	Needs []Condition
	// Request is the witness.
	Request policy.Request
}

// Answer is the answer to one question, or to several together.
type Answer struct {
	// Decision is Allowed, Unknown, or that of a request that is not allowed.
	Decision policy.Decision
	// Steps are the requests that it is the answer to, those that set a tag first.
	Steps []Step
	// DependsOn says what an unknown answer depends on, in words.
	DependsOn []role.Gap
	// Denies are the statements that deny a request that is not allowed; none where it is only not allowed.
	Denies []policy.StatementRef
}

// Possible reports whether the answer is yes, or may be.
func (a Answer) Possible() bool { return a.Decision == policy.Allowed || a.Decision == policy.Unknown }

// Allowed reports whether the answer is yes, be it only on resources that are tagged so.
func (a Answer) Allowed() bool { return a.Decision == policy.Allowed }

// Statements are those that allow the steps, each once.
func (a Answer) Statements() []policy.StatementRef {
	var out Statements
	for i := range a.Steps {
		out.Add(a.Steps[i].Statements...)
	}
	return out.List()
}

// Named reports whether a step is on a resource that a policy names.
func (a Answer) Named() bool {
	for i := range a.Steps {
		if a.Steps[i].Named {
			return true
		}
	}
	return false
}

// Needs are the tags that resources must have, and that the caller cannot set.
func (a Answer) Needs() []Condition {
	var out []Condition
	for i := range a.Steps {
		for _, c := range a.Steps[i].Needs {
			if !slices.Contains(out, c) {
				out = append(out, c)
			}
		}
	}
	return out
}

// hasNeeds reports whether a step needs a tag.
func (a Answer) hasNeeds() bool {
	for i := range a.Steps {
		if len(a.Steps[i].Needs) > 0 {
			return true
		}
	}
	return false
}

// Both is the answer to two questions together.
func Both(a, b Answer) Answer {
	switch {
	case !a.Possible():
		return a
	case !b.Possible() || len(a.Steps)+len(a.DependsOn) == 0 && a.Allowed() && len(b.DependsOn) <= 1:
		return b
	}
	out := Answer{Decision: policy.Allowed, Steps: slices.Concat(a.Steps, b.Steps), DependsOn: role.DistinctGaps(slices.Concat(a.DependsOn, b.DependsOn))}
	if a.Decision == policy.Unknown || b.Decision == policy.Unknown {
		out.Decision = policy.Unknown
	}
	return out
}

// Better is the better of two answers: a yes before an unknown, of two that are yes the one that needs no tags, and then the
// one on a resource that no policy names.
func Better(a, b Answer) Answer {
	if b.rank() > a.rank() || b.rank() == a.rank() && len(a.Denies) == 0 && len(a.Steps) == 0 {
		return b
	}
	return a
}

// AtLeast reports whether an answer is at least as good as another one.
func AtLeast(a, b Answer) bool { return a.rank() >= b.rank() }

// IsBest reports whether no answer is better.
func (a Answer) IsBest() bool { return a.rank() == 4 }

func (a Answer) rank() int {
	switch {
	case a.Decision == policy.Unknown:
		return 1
	case a.Decision != policy.Allowed:
		return 0
	case a.hasNeeds():
		return 2
	case a.Named():
		return 3
	}
	return 4
}

func distinct(texts []string) []string {
	slices.Sort(texts)
	return slices.Compact(texts)
}
