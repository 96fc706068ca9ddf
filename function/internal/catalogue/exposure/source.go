package exposure

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/aws"
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
				v, ok := d.forForeigners(service, "lambda:InvokeFunction", nil)
				if !ok && strings.HasPrefix(service, "cloudfront.") && d.hasURL(p, versions, "AWS_IAM") {
					// A distribution signs its requests to a URL in the service's name.
					v, ok = d.forForeigners(service, urlAction, byURL("AWS_IAM"))
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

// forForeigners asks for a service on behalf of somebody else's resource: of any, and of those that the policy's own
// patterns take although they are his.
func (d door) forForeigners(service, action string, more map[string]policy.ContextValue) (policy.Verdict, bool) {
	name, _, _ := strings.Cut(service, ".")
	partition := aws.PartitionOfARN(d.function.ARN)
	region := aws.PartitionNamed(partition).GlobalRegion
	sources := []string{aws.ARN{Partition: partition, Service: name, Region: region, Account: strangerAccount, Resource: "rolewatch-probe"}.String()}
	for _, pattern := range (gate{part: d.part}).values()["aws:sourcearn"] {
		if text, ok := foreignSource(pattern, region); ok {
			sources = append(sources, text)
		}
	}
	for _, source := range sources {
		keys := map[string]policy.ContextValue{
			"aws:sourceaccount": effective.Value(strangerAccount), "aws:principalisawsservice": effective.Value("true"),
			"aws:sourcearn": effective.Value(source), "aws:principalservicename": effective.Value(service),
			"aws:sourceorgid": effective.Value("o-rolewatchprobe"),
		}
		maps.Copy(keys, more)
		v := d.call(service, action, keys)
		if v.Decision == policy.Allowed {
			return v, true
		}
	}
	return policy.Verdict{}, false
}

// foreignSource is a resource of a stranger that a pattern of aws:SourceArn covers, in a Region where the pattern takes any.
// An account is pinned where it is spelled out, and so is an API's ID, which nobody chooses; the name of a bucket, whose ARN
// has no account, is pinned where it has no wildcard.
func foreignSource(pattern, region string) (string, bool) {
	p, ok := aws.ParseARNPattern(pattern)
	if !ok || p.Service == "execute-api" && !strings.ContainsAny(p.Resource[:min(1, len(p.Resource))], "*?") {
		return "", false
	}
	switch {
	case strings.Contains(p.Account, "*"):
		p.Account = strangerAccount
	case p.Account != "" || !strings.ContainsAny(p.Resource, "*?"):
		return "", false
	}
	if p.Region == "*" {
		p.Region = region
	}
	p.Resource = effective.Sample(p.Resource)
	return p.String(), true
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
