package settings

import "github.com/rolewatch/rolewatch/function/internal/catalogue"

// Known gives the IDs of the checks there are, in order.
func Known() []string { return catalogue.IDs() }
