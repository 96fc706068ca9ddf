package policyjson

import (
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/policy"
	"github.com/rolewatch/rolewatch/function/policy/policyfile"
)

const (
	// maxKept bounds the policies that are kept, by the weight of each: its length and what the shortest one takes.
	maxKept    = 32 << 20
	leastTaken = 4 << 10
)

// documents keeps policies that were parsed, by their text and kind.
type documents struct {
	kept   [policy.RCP + 1]map[string]*policy.Document
	weight int
}

// get gives the policy of a JSON value: an object, or a string with the policy's text. Where the policy breaks the grammar,
// it is judged all the same; what is not a policy of the kind is refused.
func (d *documents) get(text []byte, kind policy.Kind) (*policy.Document, error) {
	if found := d.kept[kind][string(text)]; found != nil {
		return found, nil
	}
	parse := policyfile.File.Parse
	if kind == policy.Trust {
		parse = parseTrust
	}
	f, err := policyfile.Unwrap(text)
	if err != nil {
		return nil, err
	}
	parsed, err := parse(f, kind)
	if err != nil {
		return nil, err
	}
	if d.weight += len(text) + leastTaken; d.weight > maxKept || d.kept[kind] == nil {
		*d = documents{kept: d.kept, weight: len(text) + leastTaken}
		for k := range d.kept {
			d.kept[k] = map[string]*policy.Document{}
		}
	}
	d.kept[kind][string(text)] = parsed
	return parsed, nil
}

// parseTrust parses a role's policy. One with resources is taken for a trust policy, in which they are ignored, where it
// is about AWS STS: a request that asks what a policy must say names the role in it as any other resource.
func parseTrust(f policyfile.File, kind policy.Kind) (*policy.Document, error) {
	d, err := f.Parse(kind)
	if err == nil || f.HasKind {
		return d, err
	}
	if other, otherErr := f.Parse(policy.Resource); otherErr != nil || !slices.ContainsFunc(other.Statements, isAboutSTS) {
		return nil, err
	}
	d, _ = policy.Parse(f.Text, kind)
	return d, nil
}

func isAboutSTS(s policy.Statement) bool {
	return slices.ContainsFunc(s.Actions, func(v policy.Value) bool {
		service, _, _ := strings.Cut(v.Text, ":")
		return v.Text == "*" || strings.EqualFold(service, "sts")
	})
}
