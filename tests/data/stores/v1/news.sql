BEGIN TRANSACTION;
CREATE TABLE articles (
	id TEXT NOT NULL, 
	schema_version INTEGER NOT NULL, 
	url TEXT NOT NULL, 
	canonical_url TEXT NOT NULL, 
	feed_url TEXT, 
	site TEXT NOT NULL, 
	title TEXT, 
	authors JSON NOT NULL, 
	published TEXT, 
	modified TEXT, 
	fetched_at TEXT NOT NULL, 
	language TEXT NOT NULL, 
	language_confidence FLOAT NOT NULL, 
	declared_language TEXT, 
	body TEXT NOT NULL, 
	removed JSON NOT NULL, 
	comments JSON NOT NULL, 
	attribution JSON, 
	cluster_id TEXT NOT NULL, 
	duplicate_of TEXT, 
	kept_because JSON NOT NULL, 
	extracted_from TEXT NOT NULL, 
	paywalled BOOLEAN, 
	image TEXT, 
	tags JSON NOT NULL, 
	fingerprint TEXT NOT NULL, 
	word_count INTEGER NOT NULL, 
	run_id TEXT NOT NULL, 
	updated_at TEXT NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "articles" VALUES('3009cb63a9441b519ffd0858c28c3171',1,'https://fernmouth.example/2026/eel-ladder-to-open-again','https://fernmouth.example/2026/eel-ladder-to-open-again',NULL,'Fernmouth Gazette','Eel ladder to open again','[]','2026-11-18T08:00:00Z',NULL,'2026-11-19T10:00:00Z','en',1.0,'en','The council of Fernmouth has voted to reopen the eel ladder beside the old weir, after eleven winters in which nobody could say who owned its rusted gate.

Engineers will lift the gate in March, when the river is low, and fit a new one of oak that was given by the boatbuilders at Salt Lane.

Count keepers expect the first young eels within two weeks of the opening, although some of them have warned that the upper ponds are still too warm.

The work costs forty thousand crowns, of which the angling club has already gathered a third by selling smoked perch on market days.','[{"kind":"title","text":"Eel ladder to open again","position":0},{"kind":"share_buttons","text":"Share this story","position":576},{"kind":"newsletter","text":"Subscribe to our newsletter","position":576}]','[]',NULL,'3009cb63a9441b519ffd0858c28c3171',NULL,'["a copy credits Fernmouth Gazette"]','html',NULL,NULL,'[]','nb1:AGgAAAAgmNbyBQOgqEreCzj43AMMx4dPhhLHSEpxGm0Z9Rkdvd2UQyHbwGEIJQbv/tBTTJPVaFzawyO5YsmnQCVvLqM7fXfMkgikeCI6yFh6znP3AYc7/5zriUOgR8mScDC465bEJUwTnElPJsym+7UAqqg4CzF3tE/NkBy2JQSkm8ZuxX651YzLKnTWxYyNk+DN8KF940mloP7jZSz/xfU04Wsk9jzmAC9bBLCoBPHpBBsLCHdSCPg1Crh8EKepENwwFMr0HXCrHu56H3jtH3SkIcJFIsryIuZmJ0TpKOt1MPEmNg3YNrIAOCn8OPM5PDVGP6MHQ75vRDTlRdpRSftxSi29TEuFTUXHUp/wUnpCVAPIWdjlW+R9XcjnXXU1YJ+CYGebYuFOZFlhZKUlZ2+bZ0wkb3Y9ceTydJh+eC5ihq6cimjxisw2jFTgjF4WkiWJkk2SkkqglRAkl6rrl6JBmHB+mKnBmNrvmGANmkANm9TJmxlXnIR8nov7oEl4pXqKpcJ3qCuBqDzYqQG8rTjGrit4sitRs5DstaqstvWGwy02xfH4x+Dwz4MP0NLH0izK14N13U2L3Z3c3gzP37gl4Z0P5Fy95+3R6bq57heJ8I769gxO95hp98Vj/g==',106,'41a8705b138d','2026-11-25T21:47:12Z');
INSERT INTO "articles" VALUES('6c1370db19d6c94ba5f06c892c1cd7cc',1,'https://bellerive.example/2026/le-theatre-rouvrira','https://bellerive.example/2026/le-theatre-rouvrira',NULL,'Bellerive Gazette','Le theatre rouvrira','[]','2026-11-18T08:00:00Z',NULL,'2026-11-19T10:00:00Z','fr',1.0,'en','Le conseil de la vallée a décidé mardi soir de rouvrir le petit théâtre de Bellerive, fermé depuis que le toit avait cédé sous la neige il y a trois hivers.

Les travaux commenceront au printemps et les habitants pourront suivre le chantier depuis une passerelle construite par les élèves du lycée technique.

La première représentation sera donnée par la troupe amateur du village, qui a répété tout ce temps dans une grange prêtée par un éleveur.','[{"kind":"title","text":"Le theatre rouvrira","position":0}]','[]',NULL,'6c1370db19d6c94ba5f06c892c1cd7cc',NULL,'[]','html',NULL,NULL,'[]','nb1:AEsAAAAg70cfugOf0KfdGNbz42kbo8dmjhtbjpTLHdwQ6oUeuGisVSLBxSamJFzPuOkocTuRDCmKF4skNTVaUTU1e1luAjdLlEtGOuqYIShDO5WOv03P2qQUWhKz2AdfNFGSh23VPPYCcfR8OGF4hWwqY3hWUPkMif+lqXiKggwaoZZXuqUnmJDWQzabNttuDNn+btS+52N0+nPoED1fg+o/oWKh6gWbCCajCSSyDEfGDOs8DcZxDT1zDhOqDqJqFHd2FPJ/GMfPGO+JGg4ZJnElK41nLaGdLnObM3ixNwQ7O3qUPqoTPwM7PwcsQUASQ/9VQwJqTLcLTvpCThDMWU+UXfHCYQohYqL2Z6TxacHxbFmIbd3HcF6HdWS1dYIiex9BfP8bf7ZZgJcAgtQchzG3h1d6inJWiz69kE7Elo0onQ2poCkcpWVTqXo3q6ZnuORnxB72z2DB0WLX09Ax392k41uB5AkN61gw7O1P7epU7le68Uuj86LC87sP9ZD992Qr+Jkx/A==',77,'41a8705b138d','2026-11-25T21:47:12Z');
INSERT INTO "articles" VALUES('cf5ff2bffd7502dda37873d03e6c82c5',1,'https://quarryhill.example/2026/dark-street-and-a-patient-lamplighter','https://quarryhill.example/2026/dark-street-and-a-patient-lamplighter',NULL,'Quarryhill Gazette','Dark street and a patient lamplighter','[]','2026-11-18T08:00:00Z',NULL,'2026-11-20T10:00:00Z','en',1.0,'en','A lamplighter who had retired in spring was called back to Quarry Hill on Sunday evening, when the whole street fell dark at once during a choir practice.

He found the fault in a junction box that a family of dormice had chosen for the winter, and waited until they had moved before he closed the lid.

The choir went on singing by candlelight, and its leader said that the second half had been the better one.

The town has asked him to teach three apprentices the map of the old cables, and will pay for the ink.','[{"kind":"title","text":"Dark street and a patient lamplighter","position":0}]','[]',NULL,'cf5ff2bffd7502dda37873d03e6c82c5',NULL,'[]','html',NULL,NULL,'[]','nb1:AGAAAAAg8VppdQRa3BKOD2TR/xsRmJ0jJxzmP5z+IWpwqGQmnKy4oybDSXHIKg1V0iU2YqQJwTvjttM/QE7LiuJCZUYt4Ue4Tzw9UEk2QUtwOmTUFHK9f13pfo+D4LmDJXtKHYU9q7MdjzbzDzWY1fXSVKylyRayrRgDLIyvQ0YxUbCIzELWs+eOIe7OCgDUK9jdqb6R66Vr1o/vnfbmCvTS8wKL/J1bAd3fA0puBXPKB/Q0CJP9CVe4DQgPEL1cEJKxEhr+G08qH/zqJE+GJjw5KLUEKYIuK0/DLrPIL/1NMoijNplGNwpDOPdGOjFsOpVaPJrdPJFvP6rkQHQETOuQUqzvUyhcVHMZWW5EW+hZWx6AXXVEX2DCZY9VaSCka87eaw6sbIfHbyXGc/L1dn23en1yg6+phvoqh0wVkhmWkln/lscql/g8mOZbmbW6nbyonu1boYFZosteolkipQlrpijyqa43q1tfrnqHsVo4tuIrt78BwlUUxqnPycAPyuF2z9tl04yY0yiF1YZg16qf2GKQ4fKM4sOq5OAt5wJR7Sms7Zl677L+8IYV8WqO8x8b9eFU91HU+WLl+nH0+oqx++M//w==',98,'a96a8904b41e','2026-11-25T21:47:17Z');
CREATE TABLE duplicates (
	id TEXT NOT NULL, 
	schema_version INTEGER NOT NULL, 
	url TEXT NOT NULL, 
	canonical_url TEXT NOT NULL, 
	feed_url TEXT, 
	site TEXT NOT NULL, 
	title TEXT, 
	authors JSON NOT NULL, 
	published TEXT, 
	modified TEXT, 
	fetched_at TEXT NOT NULL, 
	language TEXT NOT NULL, 
	language_confidence FLOAT NOT NULL, 
	declared_language TEXT, 
	body TEXT NOT NULL, 
	removed JSON NOT NULL, 
	comments JSON NOT NULL, 
	attribution JSON, 
	cluster_id TEXT NOT NULL, 
	duplicate_of TEXT, 
	kept_because JSON NOT NULL, 
	extracted_from TEXT NOT NULL, 
	paywalled BOOLEAN, 
	image TEXT, 
	tags JSON NOT NULL, 
	fingerprint TEXT NOT NULL, 
	word_count INTEGER NOT NULL, 
	relation TEXT, 
	similarity FLOAT, 
	run_id TEXT NOT NULL, 
	updated_at TEXT NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "duplicates" VALUES('9ecbcd7ae9001b07a52eaae413ec27bb',1,'https://saltlane.example/2026/oak-gate-for-the-eels','https://saltlane.example/2026/oak-gate-for-the-eels',NULL,'Saltlane Gazette','Oak gate for the eels','[]','2026-11-18T12:00:00Z',NULL,'2026-11-19T10:00:00Z','en',1.0,'en','The council of Fernmouth has voted to reopen the eel ladder beside the old weir, after eleven winters in which nobody could say who owned its rusted gate.

Engineers will lift the gate in March, when the river is low, and fit a new one of oak that was given by the boatbuilders at Salt Lane.

Count keepers expect the first young eels within two weeks of the opening, although some of them have warned that the upper ponds are still too warm.

The work costs forty thousand crowns, of which the angling club has already gathered a third by selling smoked perch on market days.','[{"kind":"title","text":"Oak gate for the eels","position":0},{"kind":"attribution","text":"Source: Fernmouth Gazette","position":576}]','[]','{"source":"Fernmouth Gazette","kind":"credit","evidence":"Source: Fernmouth Gazette"}','3009cb63a9441b519ffd0858c28c3171','3009cb63a9441b519ffd0858c28c3171','[]','html',NULL,NULL,'[]','nb1:AGgAAAAgmNbyBQOgqEreCzj43AMMx4dPhhLHSEpxGm0Z9Rkdvd2UQyHbwGEIJQbv/tBTTJPVaFzawyO5YsmnQCVvLqM7fXfMkgikeCI6yFh6znP3AYc7/5zriUOgR8mScDC465bEJUwTnElPJsym+7UAqqg4CzF3tE/NkBy2JQSkm8ZuxX651YzLKnTWxYyNk+DN8KF940mloP7jZSz/xfU04Wsk9jzmAC9bBLCoBPHpBBsLCHdSCPg1Crh8EKepENwwFMr0HXCrHu56H3jtH3SkIcJFIsryIuZmJ0TpKOt1MPEmNg3YNrIAOCn8OPM5PDVGP6MHQ75vRDTlRdpRSftxSi29TEuFTUXHUp/wUnpCVAPIWdjlW+R9XcjnXXU1YJ+CYGebYuFOZFlhZKUlZ2+bZ0wkb3Y9ceTydJh+eC5ihq6cimjxisw2jFTgjF4WkiWJkk2SkkqglRAkl6rrl6JBmHB+mKnBmNrvmGANmkANm9TJmxlXnIR8nov7oEl4pXqKpcJ3qCuBqDzYqQG8rTjGrit4sitRs5DstaqstvWGwy02xfH4x+Dwz4MP0NLH0izK14N13U2L3Z3c3gzP37gl4Z0P5Fy95+3R6bq57heJ8I769gxO95hp98Vj/g==',106,'identical',1.0,'41a8705b138d','2026-11-25T21:47:12Z');
INSERT INTO "duplicates" VALUES('3f212a19e66618745f46088d812c7454',1,'https://quarryhill.example/2026/dark-street-and-a-patient-lamplighter','https://quarryhill.example/2026/dark-street-and-a-patient-lamplighter',NULL,'Quarryhill Gazette','Dark street and a patient lamplighter','[]','2026-11-18T08:00:00Z',NULL,'2026-11-19T10:00:00Z','en',1.0,'en','A lamplighter who had retired in spring was called back to Quarry Hill on Sunday evening, when the whole street fell dark at once during a choir practice.

He found the fault in a junction box that a family of dormice had chosen for the winter, and waited until they had moved before he closed the lid.

The choir went on singing by candlelight, and its leader said that the second half had been the better one.

The town has now asked him to teach two apprentices the map of the old cables, which was never drawn.','[{"kind":"title","text":"Dark street and a patient lamplighter","position":0}]','[]',NULL,'cf5ff2bffd7502dda37873d03e6c82c5','cf5ff2bffd7502dda37873d03e6c82c5','[]','html',NULL,NULL,'[]','nb1:AF8AAAAgJ2SvHgFa3BKOD2TR/xsRmJ0jJxzmP5z+IWpwqGQmnKy4oybDSXHIKg1V0iU2YqQJwTtOy4riQmVGLeFHuE88PVAur+CCUUk2QUtwOmTUFHKPg+C5gyV7Sh2FPauzHY8eRXGmkhgrJZ+izxHUaKelyRayrRgDLIyvQ0YxUbCIzELWs+h5gXrM544h7s4KANQr2N2pvpHrpWvWj+/S8wKL/J1bAd3fA0puBXPKB/Q0CJP9CVe4DQgPEL1cEJKxEjpdGhr+G08qH/zqJE+GJjw5KLUEKU/DLrPIL/1NMoijNplGNwpDOPdGOjFsOpVaPJrdPJFvP6zvUyhcVHMZWW5EW+hZWx6AXXVEX2DCZY9VaSCka87eaw6sbIfHbyXGc/L1dn1yg6+phvoqh2bUkEwVkhmWkln/lscql/g8mOZbmbyonu1boYFZosteolkipSjyqXCsqq43q1tfrnqHsVo4tuIrt78BwlUUxqnPycAPyuF2z9tl04yY0yiF1U4q1oZg11Br2Kqf2FQB3GKQ4cOu48Oq5HMe6wJR7Sms7Zl677L+8IYV8WqO8x8b9eFU96Ls+GLl+gQY+4qx++M//w==',97,'revision',0.8019,'a96a8904b41e','2026-11-25T21:47:17Z');
CREATE TABLE newsbeam_meta (
	name TEXT NOT NULL, 
	value TEXT, 
	PRIMARY KEY (name)
);
INSERT INTO "newsbeam_meta" VALUES('schema_version','1');
CREATE TABLE rejected (
	id TEXT NOT NULL, 
	schema_version INTEGER NOT NULL, 
	url TEXT, 
	feed_url TEXT, 
	stage TEXT NOT NULL, 
	reason TEXT NOT NULL, 
	detail TEXT NOT NULL, 
	attempts INTEGER NOT NULL, 
	first_seen TEXT NOT NULL, 
	last_seen TEXT NOT NULL, 
	retry_at TEXT, 
	run_id TEXT NOT NULL, 
	updated_at TEXT NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "rejected" VALUES('33c9b1e4181c00e688e70c5036b2f71c',1,'https://empty.example/nothing',NULL,'extract','no_text','8 characters of text, fewer than 60',1,'2026-11-25T21:47:12Z','2026-11-25T21:47:12Z',NULL,'41a8705b138d','2026-11-25T21:47:12Z');
CREATE INDEX articles_cluster_id ON articles (cluster_id);
CREATE INDEX articles_language ON articles (language);
CREATE INDEX articles_site ON articles (site);
CREATE INDEX articles_published ON articles (published);
CREATE INDEX duplicates_language ON duplicates (language);
CREATE INDEX duplicates_duplicate_of ON duplicates (duplicate_of);
CREATE INDEX duplicates_published ON duplicates (published);
CREATE INDEX duplicates_cluster_id ON duplicates (cluster_id);
CREATE INDEX duplicates_site ON duplicates (site);
CREATE INDEX rejected_reason ON rejected (reason);
CREATE INDEX rejected_retry_at ON rejected (retry_at);
COMMIT;
