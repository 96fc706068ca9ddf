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
	parsed, err := policyfile.Parse(text, kind)
	if err != nil && kind == policy.Trust {
		parsed, err = parseTrust(text, err)
	}
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

// parseTrust parses a role's policy that was refused as a trust policy. One with resources is still taken for it, and they
// are ignored, where it is about AWS STS: whoever asks what a role's policy must say names the role in it, as in any other
// resource policy.
func parseTrust(text []byte, refused error) (*policy.Document, error) {
	f, err := policyfile.Unwrap(text)
	if err != nil || f.HasKind {
		return nil, refused
	}
	if other, err := f.Parse(policy.Resource); err != nil || !slices.ContainsFunc(other.Statements, isAboutSTS) {
		return nil, refused
	}
	d, _ := policy.Parse(f.Text, policy.Trust)
	return d, nil
}

func isAboutSTS(s policy.Statement) bool {
	return slices.ContainsFunc(s.Actions, func(v policy.Value) bool {
		service, _, _ := strings.Cut(v.Text, ":")
		return v.Text == "*" || strings.EqualFold(service, "sts")
	})
}
