package hygiene

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/internal/catalogue/rewrite"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/internal/words"
	"github.com/rolewatch/rolewatch/function/policy"
)

// shared counts functions, not their versions.
func shared(p *check.Pass) {
	names := map[string]bool{}
	for _, f := range p.Role.Users.List {
		names[f.ARN] = true
	}
	if len(names) < 2 {
		if !p.Role.Users.Complete {
			p.Undecided("", role.UnreadGap("functions: ", p.Role.Users.Why))
		}
		return
	}
	p.Report(check.Diagnostic{
		Functions: p.Role.Users.List, Title: fmt.Sprintf("%d functions share the role %s", len(names), p.Role.Ref.Name),
		Detail: fmt.Sprintf("%s is the execution role of %d functions. Each of them has the permissions that any of them needs.", p.Role.Ref.Name, len(names)),
		Parts:  []role.Part{role.PartItself}, Fix: check.Fix{Summary: "Give each function a role of its own, with the permissions that the function needs."},
	})
}

func unused(p *check.Pass) {
	switch {
	case len(p.Role.Users.List)+len(p.Role.Users.Providers.List) > 0 || p.Role.Exists() == role.Absent:
		return
	case !p.Role.Users.Complete:
		p.Undecided("", role.UnreadGap("functions: ", p.Role.Users.Why))
		return
	}
	if _, ok := trustText(p, ""); !ok {
		return
	}
	trust := p.Role.Trust.Or(role.Policy{})
	if trust.Document == nil {
		return
	}
	// A condition on the function does not say that there is one.
	if v := policy.LambdaCanAssume(trust.AsPart(), nil, p.Role.ARN(), p.Role.KnownTags(), "", p.Now); v.Decision != policy.Allowed && v.Decision != policy.Unknown {
		return
	}
	if all := p.Role.Users.Providers; !all.Complete {
		p.Undecided("", all.Gap())
		return
	}
	p.Report(check.Diagnostic{
		Title:  "No function uses the role " + p.Role.Ref.Name,
		Detail: "The trust policy of " + p.Role.Ref.Name + " allows Lambda to assume the role, but no function version and no capacity provider of the account in the watched Regions uses it. " + otherUsers,
		Parts:  []role.Part{role.PartItself}, Fix: check.Fix{Summary: "Make sure that nothing else uses the role: IAM shows when it was last used " +
			"(`aws iam get-role`, RoleLastUsed). If nothing uses it, detach its policies and delete it."},
	})
}

// deadPrincipal finds the unique IDs of users and roles that were deleted.
func deadPrincipal(p *check.Pass) {
	if _, ok := trustText(p, ""); !ok {
		return
	}
	trust := p.Role.Trust.Or(role.Policy{})
	if trust.Document == nil {
		return
	}
	doc := trust.Document
	var ids []string
	var evidence []check.Evidence
	at := rewrite.NamesDead(doc)
	for _, i := range at {
		s := &doc.Statements[i]
		for _, one := range s.Principals {
			if rewrite.Dead(one) {
				ids = append(ids, one.Text)
			}
		}
		evidence = append(evidence, check.Evidence{Policy: role.PartTrust.String(), Statement: i, Sid: s.Sid, Text: doc.Text(s.Span), Why: "It names a principal that was deleted."})
	}
	if len(ids) == 0 {
		return
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	fix := check.Fix{Summary: "Remove the principal from the statement. If the statement names no other principal, remove the statement."}
	if fix.Document = rewrite.Without(doc, at, rewrite.Dead); fix.Document != "" {
		fix.Command = rewrite.Command("iam update-assume-role-policy", "--role-name", p.Role.Ref.Name, "--policy-document", fix.Document)
	}
	p.Report(check.Diagnostic{
		Functions: p.Role.Users.List, Title: "The trust policy of " + p.Role.Ref.Name + " names a principal that was deleted",
		Detail:   fmt.Sprintf("The trust policy of %s names %s. IAM shows such a unique ID for a user or role that was deleted. Nobody can use that principal any more.", p.Role.Ref.Name, words.List(ids)),
		Evidence: evidence, Fix: fix,
	})
}

// made are the tags that tools set on what they create, or that their users set by convention, and the tool. CloudFormation's are
// reserved (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-properties-resource-tags.html), the others
// are what the tools' own guides show.
var made = []struct{ key, value, tool string }{
	{"aws:cloudformation:stack-name", "", "CloudFormation"},
	{"terraform", "", "Terraform"}, {"managed-by", "terraform", "Terraform"}, {"managedby", "terraform", "Terraform"}, {"managed_by", "terraform", "Terraform"},
	{"managed-by", "opentofu", "OpenTofu"}, {"pulumi:project", "", "Pulumi"}, {"managed-by", "pulumi", "Pulumi"},
}

// maker is the tool that created the role, according to its tags.
func maker(tags map[string]string) string {
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		for _, m := range made {
			if strings.EqualFold(key, m.key) && (m.value == "" || strings.EqualFold(tags[key], m.value)) && !strings.EqualFold(tags[key], "false") {
				return m.tool
			}
		}
	}
	return ""
}

// drift reports edits by people of roles that a tool created.
func drift(p *check.Pass) {
	tags, ok := p.Role.Tags.Get()
	if !ok {
		if p.Role.Tags.State() == role.Unknown && len(p.Changes) > 0 {
			p.Undecided("", p.Role.Tags.Gap("tags"))
		}
		return
	}
	tool := maker(tags)
	if tool == "" {
		return
	}
	var parts []role.Part
	var sentences []string
	for _, c := range p.Changes {
		if c.Via != "console" && c.Via != "cli" || manages(p.Parameters.Managers, c.Actor) || c.Part == "" {
			continue
		}
		parts = append(parts, c.Part)
		sentences = append(sentences, fmt.Sprintf("%s edited %s with %s from the %s (CloudTrail record %s).", c.Actor, c.Part.InWords(), c.Event, c.Via, c.EventID))
	}
	if len(parts) == 0 {
		return
	}
	slices.Sort(parts)
	p.Report(check.Diagnostic{
		Functions: p.Role.Users.List, Title: "A person edited " + p.Role.Ref.Name + ", which " + tool + " created",
		Detail: fmt.Sprintf("The tags of %s show that %s created it. %s", p.Role.Ref.Name, tool, strings.Join(sentences, " ")), Parts: slices.Compact(parts),
		Fix: check.Fix{Summary: "Make the change where the role is defined, and let " + tool + " apply it. Otherwise, undo the edit."},
	})
}

// manages reports whether a pattern with * and ? matches an actor, who then may edit what tools created.
func manages(patterns []string, actor string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		text := strings.NewReplacer(`\*`, ".*", `\?`, ".").Replace(regexp.QuoteMeta(pattern))
		is, err := regexp.MatchString("^(?s:"+text+")$", actor)
		return err == nil && is
	})
}
