package policy

import (
	"fmt"
	"strings"
	"testing"
)

// hostile are pairs of policies within IAM's quotas that are meant to make a comparison slow.
func hostile() map[string][2]string {
	list := func(n int, text func(i int) string) string {
		items := make([]string, n)
		for i := range items {
			items[i] = text(i)
		}
		return strings.Join(items, ",")
	}
	doc := func(statements string) string { return `{"Version":"2012-10-17","Statement":[` + statements + `]}` }
	allow := func(actions, resources, conditions string) string {
		return fmt.Sprintf(`{"Effect":"Allow","Action":[%s],"Resource":[%s],"Condition":{%s}}`, actions, resources, conditions)
	}
	runs := func(a string) string {
		return `"arn:aws:s3:::` + strings.Repeat("*"+a, 1500) + `*"`
	}
	singles := func(shift string) string {
		return list(20, func(i int) string {
			return fmt.Sprintf(`"arn:aws:s3:::*%s%s*"`, shift, strings.Repeat("?", 100+7*i))
		})
	}
	bits := func(effect string, n, skip int) string {
		return list(n, func(i int) string {
			return fmt.Sprintf(`{"Effect":%q,"Action":"s3:*","Resource":"*","Condition":{"StringLike":{"aws:RequestTag/k%d":"*a*","aws:RequestTag/k%d":"*b*","aws:RequestTag/k%d":"*c*"}}}`,
				effect, i%12, (i+skip)%12, (i+2*skip+1)%12)
		})
	}
	pairs := func(n, from int) string {
		return list(n, func(i int) string { return fmt.Sprintf(`"*:*%c*%c*"`, 'a'+(i+from)%26, 'a'+(i+from)/26%26) })
	}
	names := list(100, func(i int) string { return fmt.Sprintf(`"u%d"`, i) })
	accounts := list(200, func(i int) string { return fmt.Sprintf(`"%012d"`, i) })
	wildPairs := func(from int) string {
		return doc(list(10, func(i int) string { return allow(pairs(60, 60*i+from), `"arn:aws:s3:::a*"`, "") }))
	}
	tagged := func(operator, star string) string {
		return doc(list(20, func(i int) string {
			return allow(pairs(20, 20*i), `"*"`, fmt.Sprintf(`%q:{"aws:PrincipalTag/k%d":"v%d%s"}`, operator, i, i, star))
		}))
	}
	wild := list(400, func(i int) string { return fmt.Sprintf(`"%c%c*:*%c*"`, 'a'+i%26, 'a'+i/26%26, 'a'+i%26) })
	return map[string][2]string{
		"runs":                   {doc(allow(`"s3:*"`, runs("a")+","+runs("b"), "")), doc(allow(`"s3:*"`, runs("c"), ""))},
		"runs covered":           {doc(allow(`"s3:*"`, runs("a"), "")), doc(allow(`"s3:*"`, `"arn:aws:s3:::`+strings.Repeat("*a", 1501)+`*"`, ""))},
		"singles":                {doc(allow(`"s3:*"`, singles("a"), "")), doc(allow(`"s3:*"`, singles("b"), ""))},
		"many conditions":        {doc(bits("Allow", 60, 1)), doc(bits("Allow", 60, 5))},
		"denies":                 {doc(`{"Effect":"Allow","Action":"*","Resource":"*"},` + bits("Deny", 60, 1)), doc(`{"Effect":"Allow","Action":"*","Resource":"*"},` + bits("Deny", 60, 5))},
		"many patterns":          {doc(allow(wild, `"*"`, "")), doc(allow(`"*"`, `"*"`, "") + `,{"Effect":"Deny","Action":"*","NotResource":"*"}`)},
		"wild to wild":           {doc(allow(wild, `"arn:aws:s3:::a*"`, "")), doc(allow(strings.ReplaceAll(wild, ":*", ":?*"), `"arn:aws:s3:::a*"`, ""))},
		"pairs of letters":       {wildPairs(0), wildPairs(7)},
		"pairs of letters, tags": {tagged("StringEquals", ""), tagged("StringLike", "*")},
		"user names": {
			doc(allow(`"*"`, `"arn:aws:s3:::a*"`, `"StringLike":{"aws:username":[`+names+`]}`)),
			doc(allow(`"*"`, `"arn:aws:s3:::ab*"`, `"StringLike":{"aws:username":[`+names+`]}`)),
		},
		"account IDs": {
			doc(allow(`"*"`, `"arn:aws:s3:::a*"`, `"StringLike":{"aws:PrincipalAccount":[`+accounts+`]}`)),
			doc(allow(`"*"`, `"arn:aws:s3:::ab*"`, `"StringLike":{"aws:PrincipalAccount":[`+accounts+`]}`)),
		},
		"narrower buckets": {
			doc(allow(`"s3:*"`, list(250, func(i int) string { return fmt.Sprintf(`"arn:aws:s3:::b%d*"`, i) }), "")),
			doc(allow(`"s3:*"`, list(250, func(i int) string { return fmt.Sprintf(`"arn:aws:s3:::b%dx*"`, i) }), "")),
		},
		"variables": {
			doc(list(40, func(i int) string {
				return allow(`"s3:*"`, fmt.Sprintf(`"arn:aws:s3:::${aws:PrincipalTag/k%d}/${aws:PrincipalTag/k%d}*"`, i, i+1), "")
			})),
			doc(list(40, func(i int) string {
				return allow(`"s3:*"`, fmt.Sprintf(`"arn:aws:s3:::${aws:PrincipalTag/k%d}/${aws:PrincipalTag/k%d}*"`, i, i+2), "")
			})),
		},
	}
}

// TestCompareHostile compares them: each comparison ends, and every witness checks.
func TestCompareHostile(t *testing.T) {
	for name, texts := range hostile() {
		t.Run(name, func(t *testing.T) {
			old, new := mustSet(t, texts[0], Identity), mustSet(t, texts[1], Identity)
			c := compare(t, old, new)
			checkWitnesses(t, c, old, new)
			t.Logf("%d and %d bytes: %d grants, %d unknown", len(texts[0]), len(texts[1]), len(c.Grants), len(c.Unknown))
		})
	}
}

// BenchmarkCompareHostile tells how long the slowest comparisons take, and how much memory.
func BenchmarkCompareHostile(b *testing.B) {
	for name, texts := range hostile() {
		old, new := mustSet(b, texts[0], Identity), mustSet(b, texts[1], Identity)
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				compare(b, old, new)
			}
		})
	}
}
