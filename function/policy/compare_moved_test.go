package policy

import (
	"strings"

	"github.com/rolewatch/rolewatch/function/aws"
)

// replaced replaces texts in the resources, the principals and the values of conditions.
func (set sketchedSet) replaced(replace func(string) string) sketchedSet {
	out := set.clone()
	eachStatement(func(s *sketch) {
		changeTexts(s.resources, replace)
		for i := range s.principals {
			s.principals[i].text = replace(s.principals[i].text)
		}
		for i := range s.conditions {
			changeTexts(s.conditions[i].values, replace)
		}
	})(out)
	return out
}

// moved replaces texts in both sets: what is granted is the same with the texts replaced.
func (m metamorphic) moved(name string, replace func(string) string, old, new sketchedSet, whole Comparison) {
	c, ok := m.compare(old.replaced(replace), new.replaced(replace))
	if !ok {
		m.counts["not decided with "+name]++
		return
	}
	m.counts[name]++
	names := map[[3]string]bool{}
	for name := range spoken(whole) {
		names[[3]string{name[0], replace(name[1]), replace(name[2])}] = true
	}
	if lost, more := missing(names, spoken(c)), missing(spoken(c), names); len(lost)+len(more) > 0 {
		m.fault(old, new, "%s: no longer granted %v, and now granted %v", name, lost, more)
	}
}

// renamed gives an account another number, and moves everything to other partitions with their Regions.
func (m metamorphic) renamed(old, new sketchedSet, whole Comparison) {
	m.moved("another account", strings.NewReplacer("111111111111", "555555555555").Replace, old, new, whole)
	for _, partition := range []string{"aws-cn", "aws-us-gov", "aws-eusc"} {
		to := aws.PartitionNamed(partition)
		prefix := to.GlobalRegion[:strings.LastIndex(to.GlobalRegion, "-")]
		replace := strings.NewReplacer("arn:aws:", "arn:"+partition+":", "us-east-1", to.GlobalRegion, "eu-west-1", prefix+"-9", ":us-*:", ":"+prefix+"-*:").Replace
		m.moved("the partition "+partition, replace, old, new, whole)
		m.regions(partition, old.replaced(replace), new.replaced(replace))
	}
}

// regions holds that witnesses in a partition are in its Regions.
func (m metamorphic) regions(partition string, old, new sketchedSet) {
	c, ok := m.compare(old, new)
	if !ok {
		return
	}
	for _, g := range c.Grants {
		a, err := aws.ParseARN(g.Witness.Request.Resource)
		if err != nil || !aws.IsRegion(a.Region) || !aws.IsPartition(a.Partition) {
			continue
		}
		m.counts["a Region in "+partition]++
		if aws.PartitionOfRegion(a.Region).Name != a.Partition {
			m.fault(old, new, "the witness is %s, whose Region is in another partition", a)
		}
	}
}
