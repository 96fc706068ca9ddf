package exposure

import (
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/ask"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/words"
	"github.com/rolewatch/rolewatch/function/policy"
)

// service is an AWS service that a resource's own policy allows, by its principal and by what a reader is told of it.
type service struct {
	principal, label string
	// everybody is set where only a statement that names everybody allows it, and isAny where it stands for every service that no policy
	// names.
	everybody, isAny bool
}

// anyService is the label of a service that no policy names.
const anyService = "any AWS service"

// services are those that Allow statements name. A statement that names everybody names each AWS service, too: those that the conditions
// compare with, those whose resources the conditions on aws:SourceArn name, and one that no policy names.
func services(g *ask.Gate) (out []service) {
	add := func(one service) {
		if !slices.ContainsFunc(out, func(o service) bool { return o.principal == one.principal }) {
			out = append(out, one)
		}
	}
	for _, s := range g.Document().Statements {
		for _, one := range s.Principals {
			if s.Effect == policy.Allow && one.Type == "Service" {
				add(service{principal: one.Text, label: one.Text})
			}
		}
	}
	if !g.NamesEverybody() || !g.IsConditional() {
		return out
	}
	for _, key := range []string{"aws:principalservicename", "aws:principalservicenameslist"} {
		for _, text := range g.Values(key) {
			if strings.Contains(text, aws.ServiceDomain) && !strings.HasPrefix(text, "*") {
				add(service{principal: ask.Sample(text, g.Name()), label: text, everybody: true})
			}
		}
	}
	for _, text := range g.Values(sourceARN) {
		source, ok := aws.ParseARNPattern(text)
		if !ok || strings.ContainsAny(source.Service, "*?") {
			continue
		}
		if source.Service == "execute-api" {
			source.Service = "apigateway"
		}
		name := source.Service + aws.ServiceDomain
		add(service{principal: name, label: name, everybody: true})
	}
	add(service{principal: g.Name() + aws.ServiceDomain, label: anyService, everybody: true, isAny: true})
	return out
}

// distinctServices are the labels of services; any service includes the others.
func distinctServices(names []string) []string {
	if slices.Contains(names, anyService) {
		return []string{anyService}
	}
	return names
}

// titled is a list of services at the beginning of a sentence. The name of a principal stays as it is.
func titled(names []string) string {
	text := words.List(names)
	if strings.HasPrefix(text, anyService) {
		return words.Upper(text)
	}
	return text
}

// isForEverybody reports whether everybody can invoke the function, or may. Another check reports that.
func (d door) isForEverybody(p *check.Pass) bool {
	others, _ := strangers(p, d.function.ARN, d.gate)
	for _, keys := range d.directly(invokeAction) {
		visit := ask.Visit{Action: invokeAction, Context: call(around(p), keys), Chosen: isFree, Like: map[string]string{"aws:requestedregion": aRegion}}
		for _, visit.Organizations = range [][]string{nil, d.gate.AnyOrganization()} {
			if d.gate.AskFromAnywhere(everybody(d.gate, others, invokeAction), visit).Possible() {
				return true
			}
		}
		if d.anonymously(p, invokeAction, keys).Possible() {
			return true
		}
	}
	return false
}
