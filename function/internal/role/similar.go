package role

import (
	"cmp"
	"iter"
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/internal/words"
)

const (
	// mostEdits is by how many letters a name may differ from the intended one, and leastName how long it has to be for that.
	mostEdits, leastName = 2, 5
	// mostSimilar bounds how many roles are named.
	mostSimilar = 3
)

// SimilarTo gives the ARNs of the roles that may have been intended when another name was written: the most similar first.
func SimilarTo(ref Ref, roles iter.Seq[Ref]) []string {
	type near struct {
		arn   string
		edits int
	}
	var found []near
	name := strings.ToLower(ref.Name)
	for other := range roles {
		if other.Account != ref.Account || other.Partition != ref.Partition || other.Name == ref.Name ||
			min(len(other.Name), len(ref.Name)) < leastName || max(len(other.Name), len(ref.Name))-min(len(other.Name), len(ref.Name)) > mostEdits {
			continue
		}
		if edits := words.Distance(name, strings.ToLower(other.Name)); edits <= mostEdits {
			found = append(found, near{other.ARN, edits})
		}
	}
	slices.SortFunc(found, func(a, b near) int { return cmp.Or(a.edits-b.edits, strings.Compare(a.arn, b.arn)) })
	var out []string
	for _, one := range slices.Compact(found)[:min(mostSimilar, len(slices.Compact(found)))] {
		out = append(out, one.arn)
	}
	return out
}

// Refs are the roles that ARNs name; an ARN that is not a role's is left out.
func Refs(arns iter.Seq[string]) iter.Seq[Ref] {
	return func(yield func(Ref) bool) {
		for arn := range arns {
			if ref, err := ParseRef(arn); err == nil && !yield(ref) {
				return
			}
		}
	}
}
