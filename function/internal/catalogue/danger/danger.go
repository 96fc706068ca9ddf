// Package danger holds the checks for what a role can do and should not be able to. They judge what is effectively allowed:
// all its identity policies together, within its permissions boundary, Deny statements and the policies of the organization.
package danger

import (
	"slices"
	"strings"
)

// detail joins sentences.
func detail(sentences ...string) string {
	return strings.Join(slices.DeleteFunc(slices.Clone(sentences), func(s string) bool { return s == "" }), " ")
}
