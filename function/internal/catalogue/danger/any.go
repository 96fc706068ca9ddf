package danger

import (
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/ask"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/reach"
)

// assumeRole reports roles that can assume roles that no policy names, in their own account or in one that a policy names.
func assumeRole(p *check.Pass) {
	j := judgeOf(p.Subject)
	r := p.Role.Ref
	accounts := []string{r.Account}
	for _, s := range j.Allowing("sts:AssumeRole") {
		for _, v := range s.Statement.Resources {
			named, ok := aws.CompleteARNPattern(v.Text)
			if ok && named.Service == "iam" && aws.IsAccountID(named.Account) && !slices.Contains(accounts, named.Account) {
				accounts = append(accounts, named.Account)
			}
		}
	}
	var open []string
	var all, last ask.Answer
	for _, account := range accounts {
		got := j.onAny("sts:AssumeRole", aws.RoleARN(r.Partition, account, "/", j.Name()).String())
		if got.Allowed() && len(got.Needs()) == 0 {
			open, all = append(open, account), also(all, got)
		}
		last = ask.Better(last, got)
	}
	if len(open) == 0 {
		j.notAllowed(p, last)
		return
	}
	severity, leads := j.severityOfWide(reach.Assume, all.Statements())
	p.Report(check.Diagnostic{
		Functions: p.Role.Users.List, Severity: severity,
		Title: r.Name + " can assume any role",
		Detail: detail(append([]string{"The policies of " + r.Name + " allow sts:AssumeRole on any role of account " + list(open) +
			". The role can assume each of them whose trust policy trusts account " + r.Account + " as a whole.", leads}, j.e.Caveats...)...),
		Evidence: j.evidence(all.Statements(), "It allows sts:AssumeRole on roles that it does not name."),
		Fix:      check.Fix{Summary: "In Resource, name the full ARNs of the roles that the function has to assume."},
	})
}

// onAny evaluates an action on a resource that stands for all that no policy names.
func (j *judge) onAny(action, arn string) ask.Answer {
	if !j.Grants(action) {
		return ask.Answer{}
	}
	return j.InRegions(func(region string) ask.Answer {
		q := ask.Question{Action: action, Resource: strings.ReplaceAll(arn, "${Region}", region), Region: region, Unnamed: true}
		got := j.Ask(q)
		// A yes that needs tags says nothing of resources without them, of which it may not be known.
		if q.Tags = got.Needs(); got.Allowed() && len(q.Tags) > 0 {
			for i := range q.Tags {
				q.Tags[i].Value, q.Tags[i].Absent = "", true
			}
			if without := j.Ask(q); without.Possible() {
				return without
			}
		}
		return got
	}, action)
}

// also adds the steps of one answer that allows to those of another.
func also(all, got ask.Answer) ask.Answer {
	if len(all.Steps) == 0 {
		return got
	}
	return ask.Both(all, got)
}

// anyKey reports roles that can decrypt with keys that no policy names.
func anyKey(p *check.Pass) {
	j := judgeOf(p.Subject)
	r := p.Role.Ref
	key := aws.ARN{Partition: r.Partition, Service: "kms", Region: "${Region}", Account: r.Account, Resource: "key/" + ask.KeyID}.String()
	var names []string
	var all, last ask.Answer
	for _, action := range []string{"kms:Decrypt", "kms:ReEncryptFrom"} {
		got := j.onAny(action, key)
		if got.Allowed() && len(got.Needs()) == 0 {
			names, all = append(names, action), also(all, got)
		}
		last = ask.Better(last, got)
	}
	if len(names) == 0 {
		j.notAllowed(p, last)
		return
	}
	p.Report(check.Diagnostic{
		Functions: p.Role.Users.List,
		Title:     r.Name + " can decrypt with any KMS key",
		Detail: detail(append([]string{"The policies of " + r.Name + " allow " + list(names) + " with any KMS key of account " + r.Account + ", and not only through another " +
			"service. The role can decrypt with each key whose key policy enables IAM policies, as the default key policy does."}, j.e.Caveats...)...),
		Evidence: j.evidence(all.Statements(), "It allows decryption with keys that it does not name."),
		Fix: check.Fix{Summary: "In Resource, name the ARNs of the keys that the function needs. If it needs them for one service only, add " +
			`"Condition":{"StringEquals":{"kms:ViaService":"SERVICE.REGION.amazonaws.com"}}.`},
	})
}
