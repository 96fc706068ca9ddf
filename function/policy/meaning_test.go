package policy

import (
	"maps"
	"slices"
	"strconv"
	"testing"
)

// meanings are those of the documents of a set, in order.
func meanings(set Set) (out []string) {
	lists := append([][]Part{set.Identity, set.Boundaries, set.Endpoint}, slices.Concat(set.SCPs, set.RCPs)...)
	for _, one := range []*Part{set.Resource, set.Session} {
		if one != nil {
			lists = append(lists, []Part{*one})
		}
	}
	for i, list := range lists {
		for _, part := range list {
			if part.Document != nil {
				out = append(out, strconv.Itoa(i)+part.Document.Version+Meaning(part.Document.Statements))
			}
		}
	}
	return out
}

// alike writes an operator as another one that compares alike.
var alike = map[string]string{"StringEquals": "StringLike", "StringLike": "StringEquals", "ArnEquals": "ArnLike", "ArnNotEquals": "ArnNotLike", "StringNotEquals": "StringNotLike"}

// TestMeaningIsTheSameHoweverItIsWritten writes drawn sets differently, and changes them: what has the same meaning allows nothing new on
// either side.
func TestMeaningIsTheSameHoweverItIsWritten(t *testing.T) {
	seed, rewritten, same, other := randomSeedOf(t), 0, 0, 0
	for n := range 300 {
		r := newSketcher(seed, uint64(n))
		old, changed := r.pair()
		set, ok := old.parse()
		if !ok {
			continue
		}
		for _, name := range slices.Sorted(maps.Keys(neutral)) {
			again := old.clone()
			neutral[name](again)
			if now, ok := again.parse(); ok {
				rewritten++
				if !slices.Equal(meanings(set), meanings(now)) {
					t.Errorf("seed %d, set %d, %s: another meaning of\n%v\n%v", seed, n, name, old, again)
				}
			}
		}
		if r.chance(2) {
			changed = old.clone()
			eachStatement(func(s *sketch) {
				for i, c := range s.conditions {
					if operator, ok := alike[c.operator]; ok {
						s.conditions[i].operator = operator
					}
				}
			})(changed)
		}
		now, ok := changed.parse()
		if !ok || !slices.Equal(meanings(set), meanings(now)) {
			other++
			continue
		}
		same++
		for _, sides := range [][2]Set{{set, now}, {now, set}} {
			if c := compare(t, sides[0], sides[1]); c.NothingNew() == False {
				t.Errorf("seed %d, set %d: the meaning is the same, and %v is newly allowed by\n%v\n%v", seed, n, c.Grants, old, changed)
			}
		}
	}
	t.Logf("%d written differently, %d changed to the same meaning, %d to another one", rewritten, same, other)
	if rewritten == 0 || same == 0 || other == 0 {
		t.Error("nothing was compared")
	}
}

func meaningOf(d *Document) string { return Meaning(d.Statements) }

// TestWhatMeaningLeavesOut changes the base of Canonical's tests in ways that change nothing that is allowed; TestWhatMeaningKeeps in ways
// that do.
func TestWhatMeaningLeavesOut(t *testing.T) {
	compareBase(t, meaningOf, true, [][2]string{
		{`"Sid":"A"`, `"Sid":"B"`},
		{`sts:TagSession`, `STS:tagsession`},
		{`"a":["1","2"]`, `"A":["2","1"]`},
		{`StringEquals`, `StringLike`},
		{`"sts:TagSession"]`, `"sts:TagSession","sts:TAGSESSION"]`},
		{`{"AWS":["111111111111","arn:aws:iam::222222222222:role/r"]},"Action":["sts:AssumeRole","sts:TagSession"]`,
			`{"AWS":"111111111111"},"Action":["sts:AssumeRole","sts:TagSession"]},{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::222222222222:role/r"},"Action":["sts:TagSession","sts:AssumeRole"]`},
	})
	for _, tt := range [][2]string{
		{`"Action":["s3:*","s3:GetObject","s3:Get*"],"Resource":"*"`, `"Action":"S3:*","Resource":["*"]`},
		{`"Action":["s3:**","s3:*"],"Resource":"*"`, `"Action":["s3:*"],"Resource":"*"`},
		{`"Action":"s3:*","Resource":["a:b:c:d:e:f","a:b:c:d:e:g"]`, `"Action":"s3:*","Resource":"a:b:c:d:e:g"},{"Effect":"Allow","Action":"s3:*","Resource":"a:b:c:d:e:f"`},
		{`"Action":"*","Resource":"*","Condition":{"ArnEquals":{"aws:PrincipalArn":"arn:aws:iam::*:role/a"}}`, `"Action":"*","Resource":"*","Condition":{"ArnLike":{"aws:principalarn":"arn:aws:iam::*:role/a"}}`},
		{`"Action":"*","Resource":"*","Condition":{"Bool":{"aws:ViaAWSService":"False"}}`, `"Action":"*","Resource":"*","Condition":{"bool":{"aws:ViaAWSService":false}}`},
	} {
		if a, b := meaningOfAllow(t, tt[0]), meaningOfAllow(t, tt[1]); a != b {
			t.Errorf("%s and %s: %s and %s", tt[0], tt[1], a, b)
		}
	}
}

func meaningOfAllow(t *testing.T, rest string) string {
	t.Helper()
	return meaningOf(parseFor(t, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow",`+rest+`}]}`, Identity))
}

func TestWhatMeaningKeeps(t *testing.T) {
	compareBase(t, meaningOf, false, [][2]string{
		{`"Effect":"Allow"`, `"Effect":"Deny"`},
		{`"111111111111"`, `"arn:aws:iam::111111111111:user/root"`},
		{`"111111111111",`, ``},
		{`"AWS":["111111111111"`, `"Service":["111111111111"`},
		{`"Principal":"*"`, `"NotPrincipal":"*"`},
		{`"Action":"sts:AssumeRole"`, `"NotAction":"sts:AssumeRole"`},
		{`"a":["1","2"]`, `"a":["1"]`},
		{`"a":["1","2"]`, `"a":["1","*"]`},
		{`"b":"true"`, `"b":"TRUE"`},
		{`StringEquals`, `StringNotEquals`},
		{`StringEquals`, `StringEqualsIfExists`},
		{`StringEquals`, `ForAllValues:StringEquals`},
		{`sts:TagSession`, `sts:TagSessio?`},
	})
	for _, tt := range [][2]string{
		{`"Action":["s3:Get?","s3:Get*x"],"Resource":"*"`, `"Action":["s3:Get?"],"Resource":"*"`},
		{`"Action":"*","Resource":"*","Condition":{"StringLike":{"a":"b*"}}`, `"Action":"*","Resource":"*","Condition":{"StringEquals":{"a":"b*"}}`},
		{`"NotAction":["s3:*","sqs:*"],"Resource":"*"`, `"NotAction":"s3:*","Resource":"*"},{"Effect":"Allow","NotAction":"sqs:*","Resource":"*"`},
		{`"NotAction":["s3:*"],"Resource":"*"},{"Effect":"Allow","NotAction":["s3:*","sqs:*"],"Resource":"*"`, `"NotAction":["s3:*","sqs:*"],"Resource":"*"`},
		{`"NotAction":["s3:*"],"Resource":"*"},{"Effect":"Allow","NotAction":"s3:Get*","Resource":"*"`, `"NotAction":["s3:*"],"Resource":"*"`},
		{`"Action":"s3:*","NotResource":["a:b:c:d:e:f","a:b:c:d:e:g"]`, `"Action":"s3:*","NotResource":"a:b:c:d:e:f"},{"Effect":"Allow","Action":"s3:*","NotResource":"a:b:c:d:e:g"`},
	} {
		if a, b := meaningOfAllow(t, tt[0]), meaningOfAllow(t, tt[1]); a == b {
			t.Errorf("%s and %s: both %s", tt[0], tt[1], a)
		}
	}
}
