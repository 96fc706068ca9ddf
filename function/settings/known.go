package settings

import (
	"github.com/rolewatch/rolewatch/function/internal/catalogue"
	"github.com/rolewatch/rolewatch/function/internal/check"
)

// Catalogue is the checks that settings may name, in the order of their IDs.
type Catalogue []*check.Check

// Known gives the checks there are.
func Known() Catalogue { return catalogue.Checks() }
