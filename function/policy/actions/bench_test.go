package actions

import "testing"

// BenchmarkLoad is what the first question costs.
func BenchmarkLoad(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := load(embedded); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkLookup(b *testing.B) {
	names := Names()
	Lookup(names[0])
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if _, ok := Lookup(names[i%len(names)]); !ok {
			b.Fatal(names[i%len(names)])
		}
	}
}

func BenchmarkKeyOfAFamily(b *testing.B) {
	Key("")
	b.ReportAllocs()
	for b.Loop() {
		if _, ok := Key("aws:RequestTag/team"); !ok {
			b.Fatal("the key is not known")
		}
	}
}

// BenchmarkEach is one pattern over the names: of one service, of all services, and all names.
func BenchmarkEach(b *testing.B) {
	for _, pattern := range []string{"s3:Get*", "ec2:*Instance?*", "*:Get*", "*"} {
		b.Run(pattern, func(b *testing.B) {
			b.ReportAllocs()
			n := 0
			for b.Loop() {
				Each(pattern, func(string) bool { n++; return true })
			}
			if n == 0 {
				b.Fatal("nothing matches")
			}
		})
	}
}

// BenchmarkCarries is one question about a key of each sort.
func BenchmarkCarries(b *testing.B) {
	Carries("s3:GetObject", "s3:ExistingObjectTag/team")
	for _, key := range []string{"aws:SourceIp", "lambda:SourceFunctionArn", "s3:prefix", "aws:RequestTag/team", "s3:ExistingObjectTag/team"} {
		b.Run(key, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Carries("s3:GetObject", key)
			}
		})
	}
}

// BenchmarkIndexCarriedKeys is what the first question about keys costs beyond loading.
func BenchmarkIndexCarriedKeys(b *testing.B) {
	conditionKeys()
	positions()
	b.ReportAllocs()
	for b.Loop() {
		indexCarriedKeys()
	}
}
