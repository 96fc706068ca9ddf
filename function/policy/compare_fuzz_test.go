package policy

import "testing"

// FuzzCompare compares any two documents of any kind: it must end, every witness must check, and nothing is new over the
// same policy.
func FuzzCompare(f *testing.F) {
	f.Add(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":["arn:aws:s3:::*a*a*a*","arn:aws:s3:::${aws:username}/*"]}}`,
		`{"Version":"2012-10-17","Statement":{"Effect":"Allow","NotAction":"s3:?","NotResource":"arn:aws:s3:::*b????*"}}`, byte(Identity))
	f.Add(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"111111111111"},"Action":"sts:AssumeRole"}}`,
		`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"sts:*","Condition":{"StringLike":{"aws:PrincipalArn":"arn:aws:iam::1*:role/*"}}}}`, byte(Trust))
	f.Add(`{"Statement":[{"Effect":"Deny","NotPrincipal":{"Service":"*"},"NotAction":"s3:?*","NotResource":["execute-api:/*","arn:aws:s3:::${aws:username}"]}]}`,
		`{"Statement":[{"Effect":"Allow","Principal":{"Federated":"*"},"Action":"s3:*","Condition":{"ForAllValues:StringLikeIfExists":{"a":["*x?","${b}"]},"NumericLessThan":{"n":"1e9"},"IpAddress":{"i":"::/0"}}}]}`, byte(Resource))
	f.Fuzz(func(t *testing.T, oldText, newText string, kind byte) {
		if len(oldText)+len(newText) > 4_000 {
			return
		}
		k := Kind(kind % 3)
		old, _ := Parse([]byte(oldText), k)
		new, _ := Parse([]byte(newText), k)
		if old == nil || new == nil {
			return
		}
		a, b := fuzzedSet(old, k), fuzzedSet(new, k)
		c := newComparer(t.Context(), a, b, &NewBudget(200_000).steps)
		c.run()
		checkWitnesses(t, c.result(), a, b)
		if own := compare(t, b, b); own.NothingNew() != True {
			t.Fatalf("over itself: %v", own)
		}
	})
}

func fuzzedSet(d *Document, kind Kind) Set {
	if kind == Identity {
		return Set{Identity: []Part{{Name: "identity", Document: d}}}
	}
	return Set{Resource: &Part{Name: "resource", Document: d}}
}
