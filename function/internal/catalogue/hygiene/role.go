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
		Detail: fmt.Sprintf("%s is the execution role of %d functions. Each of them may do what any of them needs. "+otherUsers, p.Role.Ref.Name, len(names)),
		Parts:  []role.Part{role.PartItself}, Fix: check.Fix{Summary: "Give each function a role of its own, with what that function needs."},
	})
}

func unused(p *check.Pass) {
	switch {
	case len(p.Role.Users.List) > 0 || p.Role.Exists() == role.Absent:
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
	if v := policy.LambdaCanAssume(trust.AsPart(), nil, p.Role.ARN(), "", p.Now); v.Decision != policy.Allowed && v.Decision != policy.Unknown {
		return
	}
	p.Report(check.Diagnostic{
		Title:  "No function uses the role " + p.Role.Ref.Name,
		Detail: p.Role.Ref.Name + " trusts Lambda, and no function version of the account in the Regions that are watched is configured with it. " + otherUsers,
		Parts:  []role.Part{role.PartItself}, Fix: check.Fix{Summary: "Make sure that nothing else uses the role: IAM shows when it was last used " +
			"(`aws iam get-role`, RoleLastUsed). If nothing does, detach its policies and delete it."},
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
		evidence = append(evidence, check.Evidence{Policy: role.PartTrust.String(), Statement: i, Sid: s.Sid, Text: doc.Text(s.Span), Why: "It names somebody who was deleted."})
	}
	if len(ids) == 0 {
		return
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	fix := check.Fix{Summary: "Take the principal out of the statement; a statement that names nobody else goes whole."}
	if fix.Document = rewrite.Without(doc, at, rewrite.Dead); fix.Document != "" {
		fix.Command = rewrite.Command("iam update-assume-role-policy", "--role-name", p.Role.Ref.Name, "--policy-document", fix.Document)
	}
	p.Report(check.Diagnostic{
		Functions: p.Role.Users.List, Title: "The trust policy of " + p.Role.Ref.Name + " names who was deleted",
		Detail:   fmt.Sprintf("%s: a user or role that was deleted. IAM shows its unique ID, and nobody can be it any more.", strings.Join(ids, ", ")),
		Evidence: evidence, Fix: fix,
	})
}

// made are tags that tools put on what they make, or that their users do by convention, and the tool: CloudFormation's are
// reserved (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-properties-resource-tags.html), the others
// are what the tools' own guides show.
var made = []struct{ key, value, tool string }{
	{"aws:cloudformation:stack-name", "", "CloudFormation"},
	{"terraform", "", "Terraform"}, {"managed-by", "terraform", "Terraform"}, {"managedby", "terraform", "Terraform"}, {"managed_by", "terraform", "Terraform"},
	{"managed-by", "opentofu", "OpenTofu"}, {"pulumi:project", "", "Pulumi"}, {"managed-by", "pulumi", "Pulumi"},
}

// maker is the tool that made the role, by its tags.
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

// drift tells of edits by hand of what a tool made.
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
		sentences = append(sentences, fmt.Sprintf("%s edited %s with %s from the %s (record %s).", c.Actor, c.Part, c.Event, c.Via, c.EventID))
	}
	if len(parts) == 0 {
		return
	}
	slices.Sort(parts)
	p.Report(check.Diagnostic{
		Functions: p.Role.Users.List, Title: p.Role.Ref.Name + ", which " + tool + " made, was edited by hand",
		Detail: fmt.Sprintf("The tags of %s say that %s made it. %s", p.Role.Ref.Name, tool, strings.Join(sentences, " ")), Parts: slices.Compact(parts),
		Fix: check.Fix{Summary: "Make the change where the role is defined, and let " + tool + " apply it; or undo it."},
	})
}

// manages tells whether an actor may edit what tools made: patterns with * and ?.
func manages(patterns []string, actor string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		text := strings.NewReplacer(`\*`, ".*", `\?`, ".").Replace(regexp.QuoteMeta(pattern))
		is, err := regexp.MatchString("^(?s:"+text+")$", actor)
		return err == nil && is
	})
}
