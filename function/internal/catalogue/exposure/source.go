package exposure

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

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
			isForEverybody := sync.OnceValue(func() bool { return d.isForEverybody(p) })
			for _, one := range services(d.gate) {
				if one.everybody && isForEverybody() {
					continue
				}
				v, ok := d.forForeigners(p, one, invokeAction, d.directly(invokeAction)...)
				if !ok && strings.HasPrefix(one.principal, "cloudfront.") && d.hasURL(p, versions, "AWS_IAM") {
					// A distribution signs its requests to a URL in the service's name.
					v, ok = d.forForeigners(p, one, urlAction, byURL("AWS_IAM"))
				}
				if ok {
					open.add(d, one, v)
				} else if v, source, ok := d.forNextOwner(p, one); ok {
					byName.add(d, one, v)
					byName.sources = append(byName.sources, source)
				} else {
					d.undecidedWithoutSource(p, one)
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

func (s *served) add(d door, one service, v policy.Verdict) {
	if s.refs, s.doors = append(s.refs, granting(v)...), append(s.doors, d); !slices.Contains(s.names, one.label) {
		s.names = append(s.names, one.label)
	}
}

// openDiagnostic reports services that act for any customer, together with those that act for the owner of a name.
func openDiagnostic(p *check.Pass, open, byName served, versions []role.Function) check.Diagnostic {
	f, names := open.doors[0].function, distinctServices(open.names)
	lacks := "It has no condition on aws:SourceArn or aws:SourceAccount that restricts it to certain accounts."
	if len(names) == 1 && isAlexa(names[0]) {
		lacks = "It does not require the token of a skill (lambda:EventSourceToken)."
	}
	if len(byName.doors) > 0 {
		lacks += fmt.Sprintf(" It also allows %s to invoke it for %s without aws:SourceAccount.", words.List(byName.names), words.List(byName.sources))
	}
	refs, doors := slices.Concat(open.refs, byName.refs), slices.Concat(open.doors, byName.doors)
	return check.Diagnostic{
		Key: f.ARN, Functions: reaching(doors, versions), Title: titled(names) + " can invoke " + f.Name() + " on behalf of any customer",
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
func (d door) forNextOwner(p *check.Pass, one service) (v policy.Verdict, source string, ok bool) {
	for _, text := range d.gate.Values(sourceARN) {
		arn, err := aws.ParseARN(text)
		if err != nil || arn.Service != "s3" || arn.Account != "" || strings.ContainsAny(text, "*?") {
			continue
		}
		for _, way := range d.directly(invokeAction) {
			for _, visit := range d.onBehalf(p, one, d.stranger(p), invokeAction, way) {
				visit.Context.Keys[sourceARN] = ask.Value(text)
				if a := d.gate.Ask([]ask.Visitor{ask.Outside(one.principal)}, visit); a.Decision == policy.Allowed {
					return a.Verdict, text, true
				}
			}
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

// sourceARN and sourceAccount are the keys whose values contain the account on behalf of which a service calls.
const sourceARN, sourceAccount = "aws:sourcearn", "aws:sourceaccount"

var sourceKeys = []string{sourceAccount, sourceARN}

// onBehalf are the calls of a service on behalf of a resource of an account: of one that is in an organization that no policy names, and of
// one that is in none, whose calls have no key of an organization. See aws:SourceOrgID in
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
func (d door) onBehalf(p *check.Pass, one service, account, action string, more map[string]policy.ContextValue) []ask.Visit {
	organization := "o-" + d.gate.Name()
	isOpen := func(key string) bool { return key == sourceARN || key == "aws:sourceorgpaths" || isTime(key) }
	keys := map[string]policy.ContextValue{
		"aws:resourceaccount": ask.Value(p.Role.Ref.Account), "aws:securetransport": {Presence: policy.KeyUnknown},
		sourceAccount: ask.Value(account), "aws:principalisawsservice": ask.Value("true"), "aws:principalservicename": ask.Value(one.principal),
		"aws:principalservicenameslist": ask.Value(one.principal),
	}
	maps.Copy(keys, more)
	in := ask.Visit{Action: action, Chosen: isOpen, Like: map[string]string{"aws:sourceorgpaths": organization + "/?*"}}
	out := in
	in.Context = ask.With(policy.Context{Keys: keys}, map[string]policy.ContextValue{"aws:sourceorgid": ask.Value(organization)})
	out.Context = ask.With(policy.Context{Keys: keys}, map[string]policy.ContextValue{"aws:sourceorgpaths": {Presence: policy.KeyAbsent}})
	return []ask.Visit{in, out}
}

// forForeigners evaluates a service on behalf of a resource of another account, whatever its name.
func (d door) forForeigners(p *check.Pass, one service, action string, ways ...map[string]policy.ContextValue) (policy.Verdict, bool) {
	accounts, complete := d.gate.Accounts(sourceKeys)
	if !complete {
		undecidedOnce(p, d.function.ARN, ask.OverBudget())
	}
	for _, account := range accounts {
		for _, way := range ways {
			for _, visit := range d.onBehalf(p, one, account.ID, action, way) {
				if a := d.ofSomeSource(p, one, account.ID, visit); a.Decision == policy.Allowed {
					return a.Verdict, true
				}
			}
		}
	}
	return policy.Verdict{}, false
}

// ofSomeSource asks for a call on behalf of some resource of an account.
func (d door) ofSomeSource(p *check.Pass, one service, account string, visit ask.Visit) (a ask.Passage) {
	visit.Unlike = map[string][]string{sourceARN: d.gate.Values(sourceARN)}
	for _, source := range d.foreignSources(one, account) {
		visit.Like = maps.Clone(visit.Like)
		visit.Like[sourceARN] = source
		if a = d.gate.Ask([]ask.Visitor{ask.Outside(one.principal)}, visit); a.Decision == policy.Allowed {
			return a
		}
		d.undecided(p, a)
	}
	return a
}

// undecidedWithoutSource says where the answer depends on whether a service sends the keys of its source: AWS documents of neither that all
// services send it. See aws:SourceArn and aws:SourceAccount in
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
func (d door) undecidedWithoutSource(p *check.Pass, one service) {
	for _, lacking := range [][]string{{sourceAccount}, {sourceARN}, {sourceAccount, sourceARN}} {
		if slices.ContainsFunc(lacking, func(key string) bool { return len(d.gate.Values(key)) == 0 }) {
			continue
		}
		for _, visit := range d.onBehalf(p, one, d.stranger(p), invokeAction, d.directly(invokeAction)[0]) {
			for _, key := range lacking {
				visit.Context.Keys[key] = policy.ContextValue{Presence: policy.KeyAbsent}
			}
			if a := d.ofSomeSource(p, one, d.stranger(p), visit); a.Decision == policy.Allowed {
				var gaps []role.Gap
				for _, key := range lacking {
					key = d.gate.Mentioned()[key]
					gaps = append(gaps, role.Gap{What: "whether each call of " + one.label + " has the key " + key, SettledBy: role.KeySettledBy(key)}.In(granting(a.Verdict)...))
				}
				undecidedOnce(p, d.function.ARN, gaps...)
				return
			}
		}
	}
}

// foreignSources are patterns of somebody's resources of a service, and of those of other services that the policy's own patterns
// take. Their names are anybody's choice but for an API's ID. Where a pattern has no account, as that of a bucket, so has the
// resource: of buckets that are named in full everybody knows whose they are.
func (d door) foreignSources(one service, account string) (list []string) {
	name, _, _ := strings.Cut(one.principal, ".")
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
	for _, pattern := range d.gate.Values(sourceARN) {
		p, ok := aws.ParseARNPattern(pattern)
		if !ok || one.isAny || strings.ContainsAny(p.Service, "*?") {
			continue // A service that no policy names acts for resources of its own.
		}
		add(p.Service, account)
		if p.Account == "" {
			add(p.Service, "")
		}
	}
	return list
}
