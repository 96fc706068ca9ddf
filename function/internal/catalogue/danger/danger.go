// Package danger holds the checks for what a role can do that it should not. They judge what the role can really do:
// all its identity policies together, less its permissions boundary, denies, and what the organization takes away.
package danger

import "strings"

// detail joins sentences.
func detail(sentences ...string) string { return strings.Join(sentences, " ") }
