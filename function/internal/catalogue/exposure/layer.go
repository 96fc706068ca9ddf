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

// externalLayer tells of layers of accounts that nobody told of.
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
			Detail: fmt.Sprintf("The function %s runs %s, published by an account that is neither its own, nor in the list of accounts that publish AWS's layers (%s), nor named in the settings.%s",
				hit[0].Name(), words.List(layers), aws.LayerPublishersAsOf(), strings.Join(asides, "")),
			Parts: []role.Part{role.FunctionPart(hit[0].ARN)},
			Fix:   check.Fix{Summary: "Publish the layer in an account of your own, or tell its account in the settings (layerAccounts)."},
		})
	}
}

// strange tells whether a layer is another account's that nobody told of, and what else there is to say of it. Whether one
// that goes by a name of AWS's is AWS's own may not be known.
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
			What:      fmt.Sprintf("layers: whether account %s, which %s is of, is AWS's own in %s: the list of accounts that publish AWS's layers (%s) does not say", layer.Account, layer.Name, layer.Region, aws.LayerPublishersAsOf()),
			SettledBy: "See in AWS's documentation of the layer from which account AWS publishes it there; name an account that you trust in the settings (layerAccounts).",
		})
		return false, ""
	case posing:
		return true, fmt.Sprintf(" %s goes by the name of a layer of AWS's, which AWS publishes from another account there.", layer.Name)
	}
	if name, ok := aws.LayerVendor(layer.Account); ok {
		return true, fmt.Sprintf(" Account %s is known as that of %s.", layer.Account, name)
	}
	return true, ""
}
