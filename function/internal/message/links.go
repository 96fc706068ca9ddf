package message

import (
	"regexp"
	"strings"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/finding"
)

// CheckPlaceholder stands for the ID of a check in the address of the documentation.
const CheckPlaceholder = "{check}"

var (
	// inAddress are names that an address takes as they are: those of roles, less what has to be escaped, and IDs and slugs of checks.
	roleInAddress = regexp.MustCompile(`^[A-Za-z0-9+=,.@_-]+$`)
	checkID       = regexp.MustCompile(`^RW[0-9]{3}$`)
	checkSlug     = regexp.MustCompile(`^[a-z0-9-]+$`)
	escapeName    = strings.NewReplacer("+", "%2B", "=", "%3D", ",", "%2C", "@", "%40")
)

// ConsoleLink is the address of a role in the AWS Management Console; empty where the console of its partition is not known.
func ConsoleLink(roleARN string) string {
	arn, err := aws.ParseARN(roleARN)
	if err != nil || !aws.IsPartition(arn.Partition) {
		return ""
	}
	host := aws.PartitionNamed(arn.Partition).Console
	_, name, ok := arn.Role()
	if !ok || host == "" || !roleInAddress.MatchString(name) {
		return ""
	}
	return "https://" + host + "/iam/home#/roles/details/" + escapeName.Replace(name)
}

// checkLink is the address of what is documented of a finding's check: the documentation's, with the check's ID where it has
// CheckPlaceholder, else with the anchor that docs/checks.md has for the check; empty without documentation.
func (m *Message) checkLink(f finding.Finding) string {
	if m.Docs == "" || !checkID.MatchString(f.Check) {
		return ""
	}
	if strings.Contains(m.Docs, CheckPlaceholder) {
		return strings.ReplaceAll(m.Docs, CheckPlaceholder, f.Check)
	}
	if !checkSlug.MatchString(f.Slug) {
		return ""
	}
	return m.Docs + "#" + strings.ToLower(f.Check) + "-" + f.Slug
}

// chatLinks are the links of a fold, a line for each, in the form that Slack and Markdown have in common.
func chatLinks(m *Message, of Fold) []string {
	var lines []string
	add := func(label, address string) {
		if address != "" {
			lines = append(lines, "*"+label+":* <"+strings.ReplaceAll(address, "&", "&amp;")+">")
		}
	}
	if of.Roles == 1 {
		add("Console", ConsoleLink(of.Lead.Role))
	}
	add("Docs", m.checkLink(of.Lead))
	return lines
}
