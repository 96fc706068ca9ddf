package danger

import (
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/catalogue/effective"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/policy"
)

// assumeRole fires where the role may assume roles that no policy names, in its account or in one that a policy names.
func assumeRole(p *check.Pass) {
	j := judgeOf(p.Subject)
	r := p.Role.Ref
	accounts := []string{r.Account}
	for _, s := range j.allowing("sts:AssumeRole") {
		for _, v := range s.Statement.Resources {
			named, ok := aws.CompleteARNPattern(v.Text)
			if ok && named.Service == "iam" && aws.IsAccountID(named.Account) && !slices.Contains(accounts, named.Account) && len(accounts) < maxSamples {
				accounts = append(accounts, named.Account)
			}
		}
	}
	var open []string
	var all, last answer
	for _, account := range accounts {
		got := j.anyRegion("sts:AssumeRole", aws.RoleARN(r.Partition, account, "/", improbable).String())
		if got.decision == policy.Allowed {
			open = append(open, account)
			all.statements = effective.Distinct(slices.Concat(all.statements, got.statements))
		}
		last = better(last, got)
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
		Evidence: j.evidence(all.statements, "It allows sts:AssumeRole on roles that it does not name."),
		Fix:      check.Fix{Summary: "Name the roles that the function has to assume in Resource, by their whole ARNs."},
	})
}

// anyRegion asks in each Region for what nobody named and what has no tags.
func (j *judge) anyRegion(action, arn string) answer {
	return j.inRegions(func(at scope) answer {
		at.unnamed = true
		return j.ask(action, strings.ReplaceAll(arn, "${Region}", at.region), at, nil)
	})
}

// notAllowed says what is undecided where nothing is allowed for certain.
func (j *judge) notAllowed(p *check.Pass, a answer) {
	if a.decision == policy.Unknown {
		p.Undecided("", a.hangs...)
	}
}

// anyKey fires where the role may decrypt with keys that no policy names.
func anyKey(p *check.Pass) {
	j := judgeOf(p.Subject)
	r := p.Role.Ref
	key := aws.ARN{Partition: r.Partition, Service: "kms", Region: "${Region}", Account: r.Account, Resource: "key/" + improbable}.String()
	var names []string
	var all, last answer
	for _, action := range []string{"kms:Decrypt", "kms:ReEncryptFrom"} {
		got := j.anyRegion(action, key)
		if got.decision == policy.Allowed {
			names, all.statements = append(names, action), effective.Distinct(slices.Concat(all.statements, got.statements))
		}
		last = better(last, got)
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
		Evidence: j.evidence(all.statements, "It allows decryption with keys that it does not name."),
		Fix: check.Fix{Summary: "Name the keys that the function needs in Resource, by their ARNs; where it needs them for one service only, require it by " +
			`"Condition":{"StringEquals":{"kms:ViaService":"SERVICE.REGION.amazonaws.com"}}.`},
	})
}
