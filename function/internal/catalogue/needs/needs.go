// Package needs holds the checks for whether a role may do what its functions are configured to do.
package needs

import "github.com/rolewatch/rolewatch/function/internal/check"

// Checks are the checks of this package.
func Checks() []*check.Check { return nil }
