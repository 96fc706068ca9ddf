// Package hygiene holds the checks for what is untidy about a role; they are off until somebody asks for them.
package hygiene

import "github.com/rolewatch/rolewatch/function/internal/check"

// Checks are the checks of this package.
func Checks() []*check.Check { return nil }
