package policy

import (
	"fmt"
	"testing"
)

// TestResourceFamilyReadings holds that the two readings of each family are one: an ARN is of the family exactly where the
// pattern covers it.
func TestResourceFamilyReadings(t *testing.T) {
	families := []resourceFamily{serviceLinkedRoles}
	for _, rule := range ownPolicyRules {
		families = append(families, rule.resources)
	}
	for _, p := range protections {
		families = append(families, p.resources)
	}
	members, others := 0, 0
	for i := range families {
		f := &families[i]
		found := 0
		for _, service := range []string{"iam", "kms", "s3"} {
			for _, account := range []string{"", "aws", "111122223333"} {
				for _, partition := range []string{"aws", "aws-cn", "aws-eusc"} {
					for _, prefix := range []string{f.prefix, f.prefix[:len(f.prefix)-1], "x" + f.prefix, "other/"} {
						for _, rest := range []string{"", "r", "p/r", "p:r"} {
							a := arn{"arn", partition, service, "", account, prefix + rest}
							text := fmt.Sprintf("arn:%s:%s::%s:%s", partition, service, account, prefix+rest)
							has := f.has(&a)
							if covers := f.pattern.Matches(text); covers != has {
								t.Errorf("%s: is one of %s %s: %t, and the pattern covers it: %t", text, f.service, f.prefix, has, covers)
							}
							if has {
								found++
							} else {
								others++
							}
						}
					}
				}
			}
		}
		if members += found; found == 0 {
			t.Errorf("no ARN is one of %s %s", f.service, f.prefix)
		}
	}
	if members == 0 || others == 0 {
		t.Fatalf("%d ARNs are members and %d are not", members, others)
	}
	t.Logf("%d ARNs are members and %d are not", members, others)
}
