package policy

import "testing"

// TestLifted holds which Deny statements are gone.
func TestLifted(t *testing.T) {
	const deny = `{"Sid":"No","Effect":"Deny","Action":"s3:Delete*","Resource":"*","Condition":{"Bool":{"aws:MultiFactorAuthPresent":"false"}}}`
	for _, tc := range []struct {
		title, new string
		want       int
	}{
		{"the same", deny, 0},
		{"written differently", `{"Effect":"Deny","Action":["s3:delete*"],"Resource":["*"],"Condition":{"Bool":{"aws:multifactorauthpresent":["false"]}}}`, 0},
		{"wider", `{"Effect":"Deny","Action":"s3:*","Resource":"*"}`, 0},
		{"narrower", `{"Effect":"Deny","Action":"s3:DeleteObject","Resource":"*","Condition":{"Bool":{"aws:MultiFactorAuthPresent":"false"}}}`, 1},
		{"gone", `{"Effect":"Allow","Action":"s3:*","Resource":"*"}`, 1},
	} {
		t.Run(tc.title, func(t *testing.T) {
			old, new := mustSet(t, `{"Version":"2012-10-17","Statement":[`+deny+`]}`, Identity), mustSet(t, `{"Version":"2012-10-17","Statement":[`+tc.new+`]}`, Identity)
			list, err := Lifted(t.Context(), old, new)
			if err != nil || len(list) != tc.want || tc.want > 0 && list[0].Statement.Sid != "No" {
				t.Errorf("%v, %v, want %d", list, err, tc.want)
			}
		})
	}
}
