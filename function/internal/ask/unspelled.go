package ask

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/policy"
)

// Unspelled are values of a key, in lower case, that conditions may admit although none spells them out, and patterns of such values: a
// name that no condition compares with, what is next to a number or a time, an address of a network, and what only wildcards stand for.
func (g *Gate) Unspelled(key string) []string {
	list := []string{g.name}
	for st := range g.statements() {
		for _, c := range st.Conditions {
			if strings.ToLower(c.Key) != key {
				continue
			}
			for _, v := range c.Values {
				for _, text := range unspelled(v.Text, g.name) {
					if !slices.Contains(list, text) && !slices.Contains(g.values[key], text) {
						list = append(list, text)
					}
				}
			}
		}
	}
	return list
}

func unspelled(text, name string) (out []string) {
	if strings.Trim(text, "*?") == "" {
		return []string{text, strings.Repeat("1", max(len(text), 1))}
	}
	if n, err := strconv.ParseFloat(text, 64); err == nil {
		out = append(out, strconv.FormatFloat(n-1, 'f', -1, 64), strconv.FormatFloat(n+1, 'f', -1, 64))
	}
	if at, ok := policy.ParseDate(text); ok {
		out = append(out, at.Add(-time.Second).UTC().Format(time.RFC3339), at.Add(time.Second).UTC().Format(time.RFC3339))
	}
	if network, err := netip.ParsePrefix(text); err == nil && !network.IsSingleIP() {
		out = append(out, network.Masked().Addr().String())
	}
	if arn, ok := aws.ParseARNPattern(text); ok && arn.Account != "" && strings.Trim(arn.Account, "*?") == "" && strings.ContainsAny(arn.Resource, "*?") {
		out = append(out, Sample(text, name))
	}
	return out
}

// Spelled are the values of a key, in lower case, that conditions compare it with and that have no wildcards.
func (g *Gate) Spelled(key string) []string {
	return slices.DeleteFunc(slices.Clone(g.values[key]), func(text string) bool { return strings.ContainsAny(text, "*?") })
}
