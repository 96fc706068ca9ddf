package exposure

import (
	"fmt"
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/internal/catalogue/effective"
	"github.com/rolewatch/rolewatch/function/internal/check"
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
				v, ok := d.forForeigners(service)
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
		p.Report(check.Diagnostic{
			Key: f.ARN, Functions: reaching(open, versions), Title: listed(names) + " may invoke " + f.Name() + " for anybody",
			Detail:   fmt.Sprintf("The resource policy of %s lets %s invoke it, whoever's resource is behind the call: neither aws:SourceArn nor aws:SourceAccount is asked for.", f.Name(), listed(names)),
			Evidence: evidenceOf(effective.Distinct(refs), "It asks neither for aws:SourceArn nor for aws:SourceAccount."), Parts: []string{"function:" + f.ARN},
			Fix: check.Fix{Summary: "Remove the permission, and add it again with --source-arn of the resource that is meant to invoke the function, or with --source-account " + p.Role.Ref.Account + "."},
		})
	}
}

// forForeigners asks for a service on behalf of somebody else's resource: of any, and of those that the policy's own
// patterns take although they are his.
func (d door) forForeigners(service string) (policy.Verdict, bool) {
	name, _, _ := strings.Cut(service, ".")
	sources := []string{"arn:" + partitionOf(d.function.ARN) + ":" + name + ":us-east-1:" + strangerAccount + ":rolewatch-probe"}
	for _, pattern := range (gate{part: d.part}).values()["aws:sourcearn"] {
		if text, ok := foreignSource(pattern); ok {
			sources = append(sources, text)
		}
	}
	for _, source := range sources {
		v := d.call(service, "lambda:InvokeFunction", map[string]policy.ContextValue{
			"aws:sourceaccount": effective.Value(strangerAccount), "aws:principalisawsservice": effective.Value("true"),
			"aws:sourcearn": effective.Value(source), "aws:principalservicename": effective.Value(service),
			"aws:sourceorgid": effective.Value("o-rolewatchprobe"),
		})
		if v.Decision == policy.Allowed {
			return v, true
		}
	}
	return policy.Verdict{}, false
}

// foreignSource is a resource of a stranger that a pattern of aws:SourceArn covers. An account is pinned where it is
// spelled out, and so is an API's ID, which nobody chooses; the name of a bucket, whose ARN has no account, is pinned where it
// has no wildcard.
func foreignSource(pattern string) (string, bool) {
	parts := strings.SplitN(pattern, ":", 6)
	if len(parts) != 6 || parts[2] == "execute-api" && !strings.ContainsAny(parts[5][:min(1, len(parts[5]))], "*?") {
		return "", false
	}
	switch {
	case strings.Contains(parts[4], "*"):
		parts[4] = strangerAccount
	case parts[4] != "" || !strings.ContainsAny(parts[5], "*?"):
		return "", false
	}
	if parts[3] == "*" {
		parts[3] = "us-east-1"
	}
	parts[5] = effective.Sample(parts[5])
	return strings.Join(parts, ":"), true
}

func servicesOf(doc *policy.Document) (out []string) {
	for _, s := range doc.Statements {
		for _, one := range s.Principals {
			if s.Effect == policy.Allow && one.Type == "Service" && !slices.Contains(out, one.Text) {
				out = append(out, one.Text)
			}
		}
	}
	return out
}
