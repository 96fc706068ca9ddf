package exposure

import (
	"fmt"
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/internal/words"
)

// externalLayer reports layers of accounts that are not trusted.
func externalLayer(p *check.Pass) {
	unread := map[string]bool{}
	for _, versions := range byFunction(p.Subject) {
		var layers, asides []string
		var hit []role.Function
		for _, f := range versions {
			if f.Config.Layers.State() == role.Unknown && !unread[f.Config.Layers.Why()] {
				unread[f.Config.Layers.Why()] = true
				p.Undecided("", f.Config.Layers.Gap("layers").Of(f.ARN))
			}
			found := false
			for _, arn := range f.Config.Layers.Or(nil) {
				is, aside := strange(p, f, arn)
				if !is {
					continue
				}
				if found = true; !slices.Contains(layers, arn) {
					layers = append(layers, arn)
				}
				if aside != "" && !slices.Contains(asides, aside) {
					asides = append(asides, aside)
				}
			}
			if found {
				hit = append(hit, f)
			}
		}
		if len(layers) == 0 {
			continue
		}
		p.Report(check.Diagnostic{
			Key: hit[0].ARN, Functions: hit, Title: hit[0].Name() + " runs a layer of another account",
			Detail: fmt.Sprintf("The function %s runs %s, published by an account that is neither its own, nor in the list of accounts that publish AWS layers (%s), nor named in the settings.%s",
				hit[0].Name(), words.List(layers), aws.LayerPublishersAsOf(), strings.Join(asides, "")),
			Parts: []role.Part{role.FunctionPart(hit[0].ARN)},
			Fix:   check.Fix{Summary: "Publish the layer in an account of your own. If you trust its account, name it in the settings (layerAccounts)."},
		})
	}
}

// strange reports whether a layer belongs to another account that is not trusted, and a remark on it. Whether a layer with the name
// of an AWS layer belongs to AWS can be unknown.
func strange(p *check.Pass, f role.Function, arn string) (is bool, aside string) {
	layer, err := aws.ParseLayerARN(arn)
	if err != nil {
		p.Undecided(f.ARN, role.Gap{What: role.NotLayerVersion(arn), SettledBy: role.SettledByCorrection})
		return false, ""
	}
	if layer.Account == p.Role.Ref.Account || isTrusted(p, layer.Account) || slices.Contains(p.Parameters.LayerAccounts, layer.Account) {
		return false, ""
	}
	switch originOf(layer) {
	case ofAWS:
		return false, ""
	case unclear:
		p.Undecided(f.ARN, role.Gap{
			What:      fmt.Sprintf("layers: whether account %s, which publishes %s, belongs to AWS in %s: the list of accounts that publish AWS layers (%s) does not say", layer.Account, layer.Name, layer.Region, aws.LayerPublishersAsOf()),
			SettledBy: "Find in the AWS documentation of the layer from which account AWS publishes it in that Region. If you trust the account, name it in the settings (layerAccounts).",
		})
		return false, ""
	case posing:
		return true, fmt.Sprintf(" %s has the name of an AWS layer, which AWS publishes from another account in that Region.", layer.Name)
	}
	if name, ok := aws.LayerVendor(layer.Account); ok {
		return true, fmt.Sprintf(" Account %s is known as an account of %s.", layer.Account, name)
	}
	return true, ""
}
