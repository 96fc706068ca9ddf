package main

import (
	"context"
	"slices"
	"strings"

	awsfacts "github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/internal/catalogue/effective"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/internal/selfcheck"
	"github.com/rolewatch/rolewatch/function/policy"
)

// permissions asks the policies of the function's role for every action that the function needs. Keys and AWS Organizations are left
// out: not every deployment has a key, and most accounts may not read the organization's policies.
func (d *deployment) permissions(ctx context.Context, facts *selfcheck.Facts) selfcheck.Result {
	fn, known := facts.Function.Get()
	if !known {
		return facts.Permissions(0, nil, nil, role.Because("the function is not known: "+facts.Function.Why()))
	}
	ref, err := role.ParseRef(fn.Role)
	if err != nil {
		return facts.Permissions(0, nil, nil, role.Because(err.Error()))
	}
	snapshot, err := d.read(d.now, nil).Role(ctx, ref)
	if err != nil {
		return facts.Permissions(0, nil, nil, role.Because(err.Error()))
	}
	if snapshot.Identity.State() == role.Absent {
		return facts.Permissions(0, []string{"anything: the role " + ref.Name + " does not exist"}, nil, role.Reason{})
	}
	session := awsfacts.ARN{Partition: d.partition, Service: "sts", Account: d.account, Resource: "assumed-role/" + ref.Name + "/rolewatch"}.String()
	set, allowed := effective.OfRole(&snapshot).Set, 0
	var lacking, undecided []string
	for _, p := range deploy.Permissions() {
		for _, resource := range d.resourcesOf(facts, p.Kind) {
			v := policy.Evaluate(policy.Request{
				Principal: session, Action: strings.TrimSuffix(p.Action, "*"), Resource: resource, Context: policy.Context{RestUnknown: true},
			}, set)
			switch {
			case v.Decision == policy.Allowed:
				allowed++
			case effective.MayBe(v):
				undecided = append(undecided, p.Action)
			default:
				lacking = append(lacking, p.Action)
			}
		}
	}
	return facts.Permissions(allowed, slices.Compact(lacking), slices.Compact(undecided), role.Reason{})
}

// resourcesOf are the ARNs to ask for, of a kind of resource that infra/permissions.go and infra/selfreads.go name; none where the
// deployment has none, or where it is not asked.
func (d *deployment) resourcesOf(facts *selfcheck.Facts, kind string) []string {
	home := facts.Stacks[0]
	arn := func(service, region, resource string) string {
		return awsfacts.ARN{Partition: d.partition, Service: service, Region: region, Account: d.account, Resource: resource}.String()
	}
	queue := func(s selfcheck.Stack, id string) []string {
		url, ok := s.Find(id, "AWS::SQS::Queue")
		if !ok {
			return nil
		}
		return []string{arn("sqs", s.Region, url[strings.LastIndexByte(url, '/')+1:])}
	}
	switch kind {
	case "Table":
		if t, ok := facts.Table.Get(); ok {
			return []string{arn("dynamodb", facts.Home, "table/"+t.Name)}
		}
	case deploy.QueueID, deploy.RecordsID, deploy.DeadLettersID:
		return queue(home, kind)
	case "OtherDeadLetters":
		var out []string
		for _, s := range facts.Stacks[1:] {
			out = append(out, queue(s, deploy.DeadLettersID)...)
		}
		return out
	case "Topics":
		var out []string
		for _, t := range facts.Topics {
			out = append(out, t.ARN)
		}
		return out
	case "Functions", "OwnFunction":
		if fn, ok := facts.Function.Get(); ok && (kind == "OwnFunction" || slices.Contains(facts.Watched, facts.Home)) {
			return []string{fn.ARN}
		}
	case "Watched", "Trails":
		return []string{"*"}
	case "Stacks":
		return []string{arn("cloudformation", facts.Home, "stack/"+home.Name+"/id")}
	case "Mapping":
		if m, ok := facts.Mapping.Get(); ok {
			return []string{arn("lambda", facts.Home, "event-source-mapping:"+m.ID)}
		}
	case "Rules":
		return rulesOf(facts, arn)
	}
	return nil
}

// rulesOf are the ARNs of rules, which have the name of their bus before their own where it is not the default bus.
func rulesOf(facts *selfcheck.Facts, arn func(service, region, resource string) string) []string {
	var out []string
	for _, s := range facts.Stacks {
		for _, r := range s.Rules {
			name := r.Name
			if r.Bus != "" {
				name = r.Bus + "/" + name
			}
			out = append(out, arn("events", s.Region, "rule/"+name))
		}
	}
	return out
}
