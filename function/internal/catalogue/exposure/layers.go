package exposure

import (
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/aws"
)

// origin is what is known of where a layer comes from.
type origin int

const (
	foreign origin = iota
	ofAWS
	// unclear is a layer with the name of an AWS layer, in a Region for which it is unknown from which account AWS publishes it.
	unclear
	// posing is one in a Region for which that is known, and that belongs to another account.
	posing
)

// originOf judges the account that a layer belongs to.
func originOf(layer aws.LayerARN) origin {
	out := foreign
	for _, p := range aws.LayerPublishers() {
		known, usual := p.Accounts(layer.Region), p.Usual[layer.Partition]
		if usual != "" && layer.Account == usual || slices.Contains(known, layer.Account) {
			return ofAWS
		}
		if !slices.ContainsFunc(p.Names, func(prefix string) bool { return strings.HasPrefix(layer.Name, prefix) }) {
			continue
		}
		if out = unclear; len(known) > 0 || usual != "" && aws.IsDefaultRegion(layer.Region) {
			out = posing
		}
	}
	return out
}
