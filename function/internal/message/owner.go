package message

import (
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/finding"
)

// standings say of an owner tag why it does not route, or not alone.
var standings = map[finding.Standing]string{
	finding.AgeUnknown: "unknown whether it was changed in the 24 hours before the finding",
	finding.Recent:     "changed less than 24 hours before the finding",
	finding.ByActor:    "set by whoever caused the finding, or by the role itself",
}

// Owners lists the owner tags of a finding, each with what keeps it from routing the finding: "team=pay, owner=sam (changed ...)".
func Owners(f finding.Finding) string {
	var out []string
	for _, o := range f.Owners {
		text := o.Tag + "=" + o.Value
		if why := standings[o.Standing]; why != "" {
			text += " (" + why + ")"
		}
		out = append(out, text)
	}
	return strings.Join(out, ", ")
}

// accountText is the account by name and ID, and where it is in its organization: "payments-prod (111122223333), Root/Workloads".
func (m *Message) accountText() string {
	text := m.Account
	if m.AccountName != "" {
		text = clip(m.AccountName, 128) + " (" + m.Account + ")"
	}
	if m.OU != "" {
		text += ", " + clip(m.OU, 128)
	}
	return text
}

// regionText names the Regions of the functions that a message names: "Europe (Ireland), eu-west-1". It is empty where there is none.
func (m *Message) regionText() string {
	var out []string
	for _, region := range m.regions() {
		out = append(out, regionText(region))
	}
	slices.Sort(out)
	const most = 5
	if len(out) > most {
		out = append(out[:most], "and others")
	}
	return clip(strings.Join(out, "; "), 500)
}

// regions are the codes of the Regions of the functions that a message names.
func (m *Message) regions() []string {
	var out []string
	add := func(f finding.Finding) {
		for _, fn := range f.Functions {
			if arn, err := aws.ParseARN(fn.ARN); err == nil && arn.Region != "" && !slices.Contains(out, arn.Region) {
				out = append(out, arn.Region)
			}
		}
	}
	for _, g := range m.groups() {
		for _, f := range g.list {
			add(f)
		}
	}
	if m.Change != nil || m.Digest != nil {
		for _, f := range m.folds() {
			add(f.Lead)
		}
	}
	slices.Sort(out)
	return out
}

// regionText is a Region by its name and its code, or by its code where the name is not known.
func regionText(region string) string {
	if name := aws.RegionName(region); name != "" {
		return name + ", " + region
	}
	return region
}

// chatWhere names the account, and the Regions of the functions.
func chatWhere(m *Message) string {
	where := strings.TrimSpace(m.accountText())
	if regions := m.regionText(); regions != "" {
		where += ", " + regions
	}
	return "*Account:* " + chatProse(where, 300)
}
