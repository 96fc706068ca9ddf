package policy_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/rolewatch/rolewatch/function/policy"
	"github.com/rolewatch/rolewatch/function/policy/actions"
)

// actionValue is a value of Action made of a documented action: the action itself, in some case, or with wildcards in it.
func actionValue(r *rand.Rand) string {
	name := actions.Names()[r.IntN(len(actions.Names()))]
	switch at := r.IntN(len(name)); r.IntN(8) {
	case 0:
		return name[:at] + "*"
	case 1:
		return name[:at] + "?" + name[at+1:]
	case 2:
		return strings.ToUpper(name)
	case 3:
		return "*" + name[at:]
	}
	return name
}

// TestGlancesMissNothing holds what is seen of an action at once against the statements of random documents, for actions that they cover and
// others: an action that a statement may grant is never left out, and Granting is as the statements say.
func TestGlancesMissNothing(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	granted, left := 0, 0
	for range 400 {
		var statements, values []string
		for range 1 + r.IntN(4) {
			var list []string
			for range 1 + r.IntN(20) {
				list = append(list, `"`+actionValue(r)+`"`)
			}
			values = append(values, list...)
			element := "Action"
			if r.IntN(20) == 0 {
				element = "NotAction"
			}
			statements = append(statements, fmt.Sprintf(`{"Effect":%q,%q:[%s],"Resource":"*"}`, []string{"Allow", "Allow", "Deny"}[r.IntN(3)], element, strings.Join(list, ",")))
		}
		doc, _ := policy.Parse([]byte(`{"Version":"2012-10-17","Statement":[`+strings.Join(statements, ",")+`]}`), policy.Identity)
		if doc == nil {
			t.Fatal("a document was not parsed")
		}
		p, err := policy.NewProber(policy.Set{Identity: []policy.Part{{Name: "inline:p", Document: doc}}}, policy.NewBudget(1<<30), policy.NewBudget(1<<30))
		if err != nil {
			t.Fatal(err)
		}
		asked := []string{"rolewatchprobe:Probe", "s3:GetObject"}
		for _, v := range values {
			if v = strings.Trim(v, `"`); !strings.ContainsAny(v, "*?") {
				asked = append(asked, v, strings.ToLower(v))
			}
		}
		for range 40 {
			asked = append(asked, actions.Names()[r.IntN(len(actions.Names()))])
		}
		for _, action := range asked {
			want := false
			for i := range doc.Statements {
				want = want || doc.Statements[i].Effect == policy.Allow && doc.Match(i, policy.Request{Principal: "arn:aws:iam::111122223333:role/r", Action: action, Resource: "*"}).Action != policy.False
			}
			may, got := p.MayGrant(policy.GlanceOf(action)), p.Granting(action)
			if got != want || want && !may {
				t.Fatalf("%s is granted: %v, want %v; at a glance %v, by %s", action, got, want, may, doc.Source())
			}
			if want {
				granted++
			} else if !may {
				left++
			}
		}
	}
	if granted < 1000 || left < 1000 {
		t.Errorf("%d actions are granted, and %d are left out at a glance", granted, left)
	}
}

// TestTrustOfManyRoles asks one document, which remembers what it said, about several roles and functions, and a document that was parsed
// for each of them.
func TestTrustOfManyRoles(t *testing.T) {
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	asked, allowed := 0, 0
	for _, statement := range []string{
		`{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}`,
		`{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}`,
		`{"Effect":"Allow","Principal":"*","Action":"sts:*"},{"Effect":"Deny","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}`,
		`{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:root"},"Action":"sts:AssumeRole"}`,
		`{"Effect":"Allow","NotPrincipal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}`,
		`{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole","Condition":{"StringEquals":{"aws:SourceAccount":"111122223333"}}}`,
		`{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole","Condition":{"ArnLike":{"aws:SourceArn":"arn:aws:lambda:*:*:function:a"}}}`,
	} {
		text := []byte(`{"Version":"2012-10-17","Statement":[` + statement + `]}`)
		shared, _ := policy.Parse(text, policy.Trust)
		for _, role := range []string{
			"arn:aws:iam::111122223333:role/a", "arn:aws:iam::444455556666:role/x/b", "arn:aws-cn:iam::111122223333:role/a",
			"arn:aws:iam::111122223333:role/aws-service-role/lambda.amazonaws.com/AWSServiceRoleForLambda", "not an ARN", "",
		} {
			for _, function := range []string{"", "arn:aws:lambda:eu-west-1:111122223333:function:a", "arn:aws:lambda:eu-west-1:444455556666:function:b:7"} {
				for _, name := range []string{"trust", "other"} {
					own, _ := policy.Parse(text, policy.Trust)
					want := policy.LambdaCanAssume(policy.Part{Name: name, Document: own}, nil, role, nil, function, now)
					got := policy.LambdaCanAssume(policy.Part{Name: name, Document: shared}, nil, role, nil, function, now)
					texts := cmp.Transformer("texts", func(ref policy.StatementRef) string { return fmt.Sprint(ref.Policy, ref.Statement.Index, ref.Effect) })
					if diff := cmp.Diff(want, got, texts, cmpopts.EquateEmpty()); diff != "" {
						t.Errorf("%s of %s for %q: %s", statement, role, function, diff)
					}
					if asked++; got.Decision == policy.Allowed {
						allowed++
					}
				}
			}
		}
	}
	if asked < 200 || allowed == 0 || allowed == asked {
		t.Errorf("%d of %d were allowed", allowed, asked)
	}
}

// TestMemo keeps one value for each key of a document, and none for a changed copy.
func TestMemo(t *testing.T) {
	doc, _ := policy.Parse([]byte(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`), policy.Identity)
	type key string
	asked := 0
	ask := func(d *policy.Document, k key) any {
		return d.Memo(k, func() any { asked++; return string(k) })
	}
	if ask(doc, "a") != "a" || ask(doc, "b") != "b" || ask(doc, "a") != "a" || asked != 2 {
		t.Errorf("worked out %d times, want 2", asked)
	}
	changed := *doc
	changed.Statements = append([]policy.Statement{}, doc.Statements...)
	if ask(&changed, "a") != "a" || asked != 3 {
		t.Errorf("worked out %d times, want 3", asked)
	}
}
