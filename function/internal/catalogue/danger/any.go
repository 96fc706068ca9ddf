package danger

import (
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/ask"
	"github.com/rolewatch/rolewatch/function/internal/check"
)

// assumeRole fires where the role may assume roles that no policy names, in its account or in one that a policy names.
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
	p.Report(check.Diagnostic{
		Functions: p.Role.Users.List,
		Title:     r.Name + " may assume any role",
		Detail: detail(append([]string{"The role " + r.Name + " may assume any role of account " + list(open) +
			" whose trust policy leaves it to this account who may: sts:AssumeRole is allowed on a role that no policy names."}, j.e.Caveats...)...),
		Evidence: j.evidence(all.Statements(), "It allows sts:AssumeRole on roles that it does not name."),
		Fix:      check.Fix{Summary: "Name the roles that the function has to assume in Resource, by their whole ARNs."},
	})
}

// onAny asks for a resource that stands for all that no policy names.
func (j *judge) onAny(action, arn string) ask.Answer {
	if !j.Grants(action) {
		return ask.Answer{}
	}
	return j.InRegions(func(region string) ask.Answer {
		return j.Ask(ask.Question{Action: action, Resource: strings.ReplaceAll(arn, "${Region}", region), Region: region, Unnamed: true})
	}, action)
}

// also adds the steps of one yes to those of another.
func also(all, got ask.Answer) ask.Answer {
	if len(all.Steps) == 0 {
		return got
	}
	return ask.Both(all, got)
}

// anyKey fires where the role may decrypt with keys that no policy names.
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
		Title:     r.Name + " may decrypt with any key",
		Detail: detail(append([]string{"The role " + r.Name + " may decrypt with any KMS key of account " + r.Account + " whose key policy leaves it to the account " +
			"who may, as the default key policy does: " + list(names) + " " + verb(len(names)) + " allowed on a key that no policy names, and not only through " +
			"another service."}, j.e.Caveats...)...),
		Evidence: j.evidence(all.Statements(), "It allows decryption with keys that it does not name."),
		Fix: check.Fix{Summary: "Name the keys that the function needs in Resource, by their ARNs; where it needs them for one service only, require it by " +
			`"Condition":{"StringEquals":{"kms:ViaService":"SERVICE.REGION.amazonaws.com"}}.`},
	})
}
