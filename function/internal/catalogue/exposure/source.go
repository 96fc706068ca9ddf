package exposure

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/ask"
	"github.com/rolewatch/rolewatch/function/internal/catalogue/effective"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/internal/words"
	"github.com/rolewatch/rolewatch/function/policy"
)

// openService asks for a service on behalf of somebody else's resource.
func openService(p *check.Pass) {
	for _, versions := range byFunction(p.Subject) {
		var names []string
		var refs []policy.StatementRef
		var open []door
		for _, d := range doorsOf(p, versions) {
			for _, service := range servicesOf(d.part.Document) {
				v, ok := d.forForeigners(p, service, "lambda:InvokeFunction", nil)
				if !ok && strings.HasPrefix(service, "cloudfront.") && d.hasURL(p, versions, "AWS_IAM") {
					// A distribution signs its requests to a URL in the service's name.
					v, ok = d.forForeigners(p, service, urlAction, byURL("AWS_IAM"))
				}
				if !ok {
					continue
				}
				if refs, open = append(refs, granting(v)...), append(open, d); !slices.Contains(names, service) {
					names = append(names, service)
				}
			}
		}
		if len(open) == 0 {
			continue
		}
		f := open[0].function
		lacks := "neither aws:SourceArn nor aws:SourceAccount is asked for, or not so that it tells one account from another."
		if len(names) == 1 && isAlexa(names[0]) {
			lacks = "no token of a skill (lambda:EventSourceToken) is asked for."
		}
		p.Report(check.Diagnostic{
			Key: f.ARN, Functions: reaching(open, versions), Title: words.List(names) + " may invoke " + f.Name() + " for anybody",
			Detail:   fmt.Sprintf("The resource policy of %s lets %s invoke it, whoever's resource is behind the call: %s", f.Name(), words.List(names), lacks),
			Evidence: evidenceOf(effective.Distinct(refs), "It does not say whose resource may be behind the call."), Parts: []role.Part{role.FunctionPart(f.ARN)},
			Fix: pin(p, names, open, refs),
		})
	}
}

// sourceKeys are the keys whose values say of which account a service's call is.
var sourceKeys = []string{"aws:sourceaccount", "aws:sourcearn"}

// forForeigners asks for a service on behalf of somebody else's resource, whatever its name.
func (d door) forForeigners(p *check.Pass, service, action string, more map[string]policy.ContextValue) (policy.Verdict, bool) {
	accounts, complete := d.gate.Accounts(sourceKeys)
	if !complete {
		undecidedOnce(p, d.function.ARN, ask.OverBudget())
	}
	visit := ask.Visit{Action: action, Chosen: func(key string) bool { return key == "aws:sourcearn" }}
	visit.Unlike = map[string][]string{"aws:sourcearn": d.gate.Values("aws:sourcearn")}
	for _, account := range accounts {
		keys := map[string]policy.ContextValue{
			"aws:sourceaccount": ask.Value(account.ID), "aws:principalisawsservice": ask.Value("true"),
			"aws:principalservicename": ask.Value(service), "aws:sourceorgid": ask.Value("o-" + d.gate.Name()),
		}
		maps.Copy(keys, more)
		visit.Context = policy.Context{Keys: keys}
		for _, source := range d.foreignSources(service, account.ID) {
			visit.Like = map[string]string{"aws:sourcearn": source}
			a := d.gate.Ask([]ask.Visitor{ask.Outside(service)}, visit)
			if a.Decision == policy.Allowed {
				return a.Verdict, true
			}
			d.undecided(p, a)
		}
	}
	return policy.Verdict{}, false
}

// foreignSources are patterns of somebody's resources of a service, and of those of other services that the policy's own patterns
// take. Their names are anybody's choice but for an API's ID. Where a pattern has no account, as that of a bucket, so has the
// resource: of buckets that are named in full everybody knows whose they are.
func (d door) foreignSources(service, account string) (list []string) {
	name, _, _ := strings.Cut(service, ".")
	add := func(service, account string) {
		arn := aws.ARN{Partition: aws.PartitionOfARN(d.function.ARN), Service: service, Region: "*", Account: account, Resource: "?*"}
		if service == "execute-api" {
			arn.Resource = d.gate.Name() + "/*"
		}
		if text := arn.String(); !slices.Contains(list, text) {
			list = append(list, text)
		}
	}
	add(name, account)
	for _, pattern := range d.gate.Values("aws:sourcearn") {
		p, ok := aws.ParseARNPattern(pattern)
		if !ok || strings.ContainsAny(p.Service, "*?") {
			continue
		}
		add(p.Service, account)
		if p.Account == "" {
			add(p.Service, "")
		}
	}
	return list
}

// servicesOf are the services that Allow statements name; one that names everybody and asks for a source means the service
// that the source is of.
func servicesOf(doc *policy.Document) (out []string) {
	add := func(service string) {
		if !slices.Contains(out, service) {
			out = append(out, service)
		}
	}
	for _, s := range doc.Statements {
		for _, one := range s.Principals {
			switch {
			case s.Effect != policy.Allow:
			case one.Type == "Service":
				add(one.Text)
			case one.Text == "*":
				for _, name := range sourceServices(s) {
					add(name + aws.ServiceDomain)
				}
			}
		}
	}
	return out
}

func sourceServices(s policy.Statement) (out []string) {
	for _, c := range s.Conditions {
		for _, v := range c.Values {
			source, ok := aws.ParseARNPattern(v.Text)
			if !strings.EqualFold(c.Key, "aws:SourceArn") || !ok || strings.ContainsAny(source.Service, "*?") {
				continue
			}
			if source.Service == "execute-api" {
				source.Service = "apigateway"
			}
			out = append(out, source.Service)
		}
	}
	return out
}
