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

// openService evaluates a service on behalf of a resource of another account, and of one that another account can create under the same
// name.
func openService(p *check.Pass) {
	for _, versions := range byFunction(p.Subject) {
		var open, byName served
		for _, d := range doorsOf(p, versions) {
			for _, service := range servicesOf(d.part.Document) {
				v, ok := d.forForeigners(p, service, "lambda:InvokeFunction", d.directly("lambda:InvokeFunction")...)
				if !ok && strings.HasPrefix(service, "cloudfront.") && d.hasURL(p, versions, "AWS_IAM") {
					// A distribution signs its requests to a URL in the service's name.
					v, ok = d.forForeigners(p, service, urlAction, byURL("AWS_IAM"))
				}
				if ok {
					open.add(d, service, v)
				} else if v, source, ok := d.forNextOwner(p, service); ok {
					byName.add(d, service, v)
					byName.sources = append(byName.sources, source)
				}
			}
		}
		switch {
		case len(open.doors) > 0:
			p.Report(openDiagnostic(p, open, byName, versions))
		case len(byName.doors) > 0:
			p.Report(byNameDiagnostic(p, byName, versions))
		}
	}
}

// served are services that a function's policy allows, through which doors, and by which statements.
type served struct {
	names, sources []string
	refs           []policy.StatementRef
	doors          []door
}

func (s *served) add(d door, service string, v policy.Verdict) {
	if s.refs, s.doors = append(s.refs, granting(v)...), append(s.doors, d); !slices.Contains(s.names, service) {
		s.names = append(s.names, service)
	}
}

// openDiagnostic reports services that act for any customer, together with those that act for the owner of a name.
func openDiagnostic(p *check.Pass, open, byName served, versions []role.Function) check.Diagnostic {
	f, names := open.doors[0].function, open.names
	lacks := "It has no condition on aws:SourceArn or aws:SourceAccount that restricts it to certain accounts."
	if len(names) == 1 && isAlexa(names[0]) {
		lacks = "It does not require the token of a skill (lambda:EventSourceToken)."
	}
	if len(byName.doors) > 0 {
		lacks += fmt.Sprintf(" It also allows %s to invoke it for %s without aws:SourceAccount.", words.List(byName.names), words.List(byName.sources))
	}
	refs, doors := slices.Concat(open.refs, byName.refs), slices.Concat(open.doors, byName.doors)
	return check.Diagnostic{
		Key: f.ARN, Functions: reaching(doors, versions), Title: words.List(names) + " can invoke " + f.Name() + " on behalf of any customer",
		Detail:   fmt.Sprintf("The resource policy of %s allows %s to invoke it on behalf of a resource of any account. %s", f.Name(), words.List(names), lacks),
		Evidence: evidenceOf(effective.Distinct(refs), "It does not restrict the account of the resource that causes the call."), Parts: []role.Part{role.FunctionPart(f.ARN)},
		Fix: pin(p, names, doors, refs),
	}
}

// byNameDiagnostic is of a source that is named, and whose owner is not. See SourceAccount in
// https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html, and
// https://docs.aws.amazon.com/securityhub/latest/userguide/lambda-controls.html#lambda-1
func byNameDiagnostic(p *check.Pass, s served, versions []role.Function) check.Diagnostic {
	f := s.doors[0].function
	slices.Sort(s.sources)
	source := words.List(slices.Compact(s.sources))
	return check.Diagnostic{
		Key: f.ARN, Severity: check.Low, Functions: reaching(s.doors, versions), Title: "If a bucket is deleted, the next owner of its name can have " + words.List(s.names) + " invoke " + f.Name(),
		Detail: fmt.Sprintf("The resource policy of %s allows %s to invoke it for %s, and does not require aws:SourceAccount. The ARN of a bucket contains no account ID. Once the bucket is "+
			"deleted, another account can create a bucket with its name, and events of that bucket invoke the function. The control Lambda.1 of AWS Security Hub fails for such a policy.",
			f.Name(), words.List(s.names), source),
		Evidence: evidenceOf(effective.Distinct(s.refs), "It does not require the account of the bucket."), Parts: []role.Part{role.FunctionPart(f.ARN)},
		Fix: pin(p, s.names, s.doors, s.refs),
	}
}

// forNextOwner evaluates a service on behalf of a resource that the policy names by an ARN without an account, once another account has
// one of that name.
func (d door) forNextOwner(p *check.Pass, service string) (v policy.Verdict, source string, ok bool) {
	for _, text := range d.gate.Values("aws:sourcearn") {
		arn, err := aws.ParseARN(text)
		if err != nil || arn.Service != "s3" || arn.Account != "" || strings.ContainsAny(text, "*?") {
			continue
		}
		a := d.gate.Ask([]ask.Visitor{ask.Outside(service)}, ask.Visit{Action: "lambda:InvokeFunction", Context: policy.Context{Keys: map[string]policy.ContextValue{
			"aws:sourcearn": ask.Value(text), "aws:sourceaccount": ask.Value(d.stranger(p)), "aws:principalisawsservice": ask.Value("true"),
			"aws:principalservicename": ask.Value(service), "aws:sourceorgid": ask.Value("o-" + d.gate.Name()),
		}}})
		if a.Decision == policy.Allowed {
			return a.Verdict, text, true
		}
	}
	return policy.Verdict{}, "", false
}

// stranger is an account that the policy does not name.
func (d door) stranger(p *check.Pass) string {
	accounts, complete := d.gate.Accounts(sourceKeys)
	if !complete {
		undecidedOnce(p, d.function.ARN, ask.OverBudget())
	}
	for _, account := range accounts {
		if !account.Fits {
			return account.ID
		}
	}
	return ""
}

// sourceKeys are the keys whose values contain the account on behalf of which a service calls.
var sourceKeys = []string{"aws:sourceaccount", "aws:sourcearn"}

// forForeigners evaluates a service on behalf of a resource of another account, whatever its name.
func (d door) forForeigners(p *check.Pass, service, action string, ways ...map[string]policy.ContextValue) (v policy.Verdict, ok bool) {
	for _, keys := range ways {
		if v, ok = d.forForeign(p, service, action, keys); ok {
			break
		}
	}
	return v, ok
}

func (d door) forForeign(p *check.Pass, service, action string, more map[string]policy.ContextValue) (policy.Verdict, bool) {
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

// servicesOf are the services that Allow statements name. A statement that names everyone and requires a source means the service of
// the source.
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
